"""Loads rule files as rules that can run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from aind_lint.engine.rules.rule import Rule
from aind_lint.engine.rules.rule_catalog import rule_files, rules_root, split_file_name
from aind_lint.engine.rules.rule_errors import explain_error
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.verb import Verb, load_verb
from aind_lint.errors import UsageError


@dataclass(frozen=True)
class LoadedRule:
    """A rule with its verb and the verb's options, ready to be run."""

    rule: Rule
    verb: Verb
    options: BaseModel

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.name

    @property
    def mandatory(self) -> bool:
        """Whether nothing can silence it."""
        return self.rule.mandatory


def load_rules(extra: Iterable[Path] = ()) -> list[LoadedRule]:
    """Every rule, each after the rules it requires or yields to.

    Args:
        extra: Folders with a user's own rules.

    Raises:
        UsageError: A rule file is invalid; the message names the file, the key, its value and what is allowed.
    """
    loaded: dict[str, LoadedRule] = {}
    for path in rule_files(extra):
        one = _load_shipped(path) if path.parent.parent == rules_root() else load_rule(path)
        if one.id in loaded or any(other.rule.name == one.rule.name for other in loaded.values()):
            raise UsageError(f"{path}: another rule has the id {one.id} or the name {one.rule.name}")
        loaded[one.id] = one
    return _in_order(loaded)


@cache
def _load_shipped(path: Path) -> LoadedRule:
    """One rule that ships with the tool, read once: a program checks many assets, and all rules take 100 ms."""
    return load_rule(path)


def load_rule(path: Path) -> LoadedRule:
    """One rule from its file.

    Raises:
        UsageError: The file is wrong.
    """
    identity = split_file_name(path)
    content = read_rule_file(path)
    rule = _validate(Rule, content, path, "")
    if (rule.id, rule.name) != identity:
        raise UsageError(f"{path}: the file is named {'-'.join(identity)}, but its content is {rule.id}-{rule.name}")
    try:
        verb = load_verb(rule.check)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    return LoadedRule(rule, verb, _validate(verb.options, rule.with_, path, "with."))


def _validate(model: type[Any], content: dict[str, Any], path: Path, prefix: str) -> Any:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        key, problem = explain_error(model, error)
        key = f"{prefix}{key}".removesuffix(".")
        raise UsageError(f"{path}: {key or 'the rule'}: {problem}") from None


def _in_order(rules: dict[str, LoadedRule]) -> list[LoadedRule]:
    for one in rules.values():
        for before in one.rule.runs_after:
            if before not in rules:
                verb = "requires" if before in one.rule.requires else "yields to"
                raise UsageError(f"rule {one.id} {verb} {before}, which does not exist")
        for cause in one.rule.explained_by:
            if cause not in rules:
                raise UsageError(f"rule {one.id} is explained by {cause}, which does not exist")
    sorter = TopologicalSorter({id_: one.rule.runs_after for id_, one in sorted(rules.items())})
    try:
        return [rules[id_] for id_ in sorter.static_order()]
    except CycleError as error:
        raise UsageError(f"the rules form a cycle: {' → '.join(error.args[1])}") from None
