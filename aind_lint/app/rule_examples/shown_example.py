"""An example of a rule as users see it: files before and after, and what the rule reports.

The shown examples of the shipped rules are in ``rules/<family>/examples.json``, which ``scripts/rule_pages.py`` makes:
running the rules takes ``explain`` half a second. Imports little, for ``explain``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aind_lint.engine.rules.rule_catalog import rules_root
from aind_lint.finding import Finding, Location, Severity

#: The file with the shown examples of the rules in its folder, by rule.
FILE_NAME = "examples.json"


@dataclass(frozen=True)
class Change:
    """A part of an asset, in the example and in an asset that passes.

    Attributes:
        part: A file, or what else is different, such as "name of the folder".
        before: Its lines in the example; empty if it is absent.
        after: Its lines in the asset that passes; empty if it is absent. For an example that passes they are all.
    """

    part: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class ShownExample:
    """One example of a rule.

    Attributes:
        name: A short description.
        verdict: "passes", "fails" or "is not checked".
        asset: The asset that it is made of, in a few words.
        changes: What is different from an asset that passes. For an example that passes: what matters in it.
        findings: What the rule reports.
        not_checked: Why the rule could not be checked.
    """

    name: str
    verdict: str
    asset: str
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]


def read_shown_examples(rule_file: Path, content: dict[str, Any]) -> list[ShownExample] | None:
    """The stored examples of a shipped rule; None if its examples are not stored, or others are.

    Args:
        rule_file: The rule file.
        content: Its content.
    """
    path = rule_file.with_name(FILE_NAME)
    if rule_file.parent.parent != rules_root() or not path.is_file():
        return None
    stored = json.loads(path.read_text(encoding="utf-8")).get(content["id"], [])
    if [example["name"] for example in stored] != [example["name"] for example in content["examples"]]:
        return None  # a rule that is being written
    return [_loaded(example, content["id"], content["name"]) for example in stored]


def to_json(example: ShownExample) -> dict[str, Any]:
    """A shown example as values of JSON, without what is empty or the same for every finding of the rule."""
    findings = [
        {
            "severity": finding.severity.value,
            "message": finding.message,
            "expected": finding.expected,
            "fix": finding.fix,
            "location": _without_none(finding.location._asdict()),
            "related": [{"file": place.file, "line": place.line, "column": place.column} for place in finding.related],
        }
        for finding in example.findings
    ]
    return {**asdict(example), "findings": findings}


def _without_none(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None}


def _loaded(content: dict[str, Any], rule: str, name: str) -> ShownExample:
    findings = [
        Finding(
            rule=rule,
            name=name,
            severity=Severity(finding["severity"]),
            message=finding["message"],
            location=Location(**finding["location"]),
            expected=finding["expected"],
            fix=finding["fix"],
            related=tuple(Location(**location) for location in finding["related"]),
        )
        for finding in content["findings"]
    ]
    return ShownExample(
        name=content["name"],
        verdict=content["verdict"],
        asset=content["asset"],
        changes=tuple(
            Change(change["part"], tuple(change["before"]), tuple(change["after"])) for change in content["changes"]
        ),
        findings=tuple(findings),
        not_checked=tuple(content["not_checked"]),
    )
