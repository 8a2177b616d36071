"""Small rules and assets for the tests of the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule import Rule
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.engine.rules.verb import Fault, Unchecked, Verb
from aind_lint.examples.tree import Tree

NAME = "123456_2022-12-12_05-06-07"


def rule_content(id_: str = "TST101", name: str = "test-rule", **changes: Any) -> dict[str, Any]:
    """What a right rule file says; a change to None removes a key."""
    content = {
        "id": id_,
        "name": name,
        "severity": "error",
        "since": "0.1",
        "summary": "No files that end in .left.md.",
        "why": "They are left over.",
        "fix": "Remove them.",
        "sources": [{"title": "the tests"}],
        "check": "unwanted",
        "with": {"paths": ["*.left.md"], "message": "is left over"},
        "examples": [
            {"name": "none", "base": "raw-2x", "expect": []},
            {"name": "one", "base": "raw-2x", "add": {"x.left.md": {"size": 1}}, "expect": [{"file": "x.left.md"}]},
        ],
    }
    content.update(changes)
    return {key: value for key, value in content.items() if value is not None}


def write_rule(folder: Path, content: dict[str, Any], file_name: str | None = None) -> Path:
    """A rule file, named for what it holds."""
    path = folder / (file_name or f"{content['id']}-{content['name']}.yaml")
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


RuleOutput = Fault | Unchecked | BaseException


class _NoOptions(verb.Options):
    pass


def make_rule(
    id_: str,
    *results: RuleOutput,
    sidecar_scope: bool = False,
    needs_bucket: bool = False,
    check: Callable[..., Any] | None = None,
    **changes: Any,
) -> LoadedRule:
    """A rule whose verb yields these results, and raises those that are exceptions."""

    def yield_results(asset: Asset, options: Any, context: CheckContext) -> Iterator[Fault | Unchecked]:
        for item in results:
            if isinstance(item, BaseException):
                raise item
            yield item

    rule = Rule(rule_content(id_, f"rule-{id_.lower()}", **changes))
    return LoadedRule(rule, Verb(_NoOptions, check or yield_results, sidecar_scope, needs_bucket), _NoOptions())


def make_asset(name: str = NAME, *, sidecar_only: bool = False, **sidecars: Any) -> Asset:
    """An asset in memory; each sidecar is data, or the bytes of the file."""
    files: dict[str, bytes | int] = {
        f"{kind}.json": data if isinstance(data, bytes) else json.dumps(data, indent=2).encode()
        for kind, data in sidecars.items()
    }
    return Asset(Tree(name, files).listing(), sidecar_only=sidecar_only)


def make_asset_with(keys: Iterable[str], name: str = NAME) -> Asset:
    """An asset in memory with files of these keys, each of one byte."""
    return Asset(Tree(name, dict.fromkeys(keys, 1)).listing())
