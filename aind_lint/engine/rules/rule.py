"""A rule: what is required, which assets it applies to, why, and how to fix a violation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any, Literal

from aind_lint.finding import Severity

Profile = Literal["candidate", "archive", "published", "benchmark"]
#: Public archives whose demands can be checked, with ``check --for``.
PublicArchive = Literal["dandi", "bil"]

#: What ``aind-lint fix`` can do: the functions of `aind_lint.fix.fixers.all_fixers`.
FixerName = Literal[
    "encoding",
    "trailing-comma",
    "duplicate-key",
    "nan",
    "sidecar-name",
    "modality-folder",
    "junk",
    "name",
    "stated-name",
]


@dataclass(frozen=True, eq=False)  # compared and hashed by identity, which takes a tenth of the time
class AssetCondition:
    """The assets to which a rule, or a lower severity, applies. Every given condition must hold.

    Equal conditions are one object, if `of` made them, so that each is decided once for an asset.

    Attributes:
        level: Data levels.
        generation: Generations of the metadata.
        name_form: Forms of the asset's name.
        profile: Profiles of the check.
        for_archive: Public archives for which data is checked; "none" if it is checked for none.
    """

    level: tuple[str, ...] | None = None
    generation: tuple[str, ...] | None = None
    name_form: tuple[str, ...] | None = None
    profile: tuple[str, ...] | None = None
    for_archive: tuple[str, ...] | None = None

    @classmethod
    def of(cls, content: dict[str, list[str] | None]) -> AssetCondition:
        """The condition that a rule file states."""
        stated = (content.get(each.name) for each in fields(cls))
        return _condition(*(values if values is None else tuple(values) for values in stated))


_condition = cache(AssetCondition)


class Rule:
    """One rule, from the validated content of its file (`aind_lint.engine.rules.rule_format.RuleFile`).

    Attributes:
        id: Family and number.
        name: Describes what the rule finds.
        severity: The severity of a violation, unless ``relaxed`` applies.
        mandatory: An asset is not published if this rule fails or was not checked; nothing can suppress it.
        summary: What is required, in one sentence.
        why: Why it matters.
        fix: What to do about a violation.
        when: The assets to which it applies; all if absent.
        relaxed: Lower severities for some assets.
        requires: Rules that must pass before this one runs.
        yields_to: Rules whose errors take precedence: findings at or inside a value that they report are dropped.
        fixer: What ``aind-lint fix`` does about a violation; None if it does nothing.
        explained_by: Rules that find the cause of what this one finds.
        compares: The values that it compares, such as ``subject``.
        check: The verb.
        content: The content of the file, at least all but the examples.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        """Take the content of a rule file that is known to be valid."""
        self.content = content
        self.id: str = content["id"]
        self.name: str = content["name"]
        self.severity = Severity(content["severity"])
        self.mandatory: bool = content.get("mandatory", False)
        self.summary: str = content["summary"].strip()
        self.why: str = content["why"].strip()
        self.fix: str = content["fix"].strip()
        self.when = AssetCondition.of(content.get("when", {}))
        self.relaxed = tuple(
            (AssetCondition.of(one["when"]), Severity(one["severity"])) for one in content.get("relaxed", ())
        )
        self.requires: tuple[str, ...] = tuple(content.get("requires", ()))
        self.yields_to: tuple[str, ...] = tuple(content.get("yields_to", ()))
        self.fixer: FixerName | None = content["fixable"]["fixer"] if content.get("fixable") else None
        self.explained_by: tuple[str, ...] = tuple(content.get("explained_by", ()))
        self.compares: tuple[str, ...] = tuple(content.get("compares", ()))
        self.check: str = content["check"]

    @cached_property
    def runs_after(self) -> list[str]:
        """The rules that must run before this one."""
        return sorted({*self.requires, *self.yields_to})

    @property
    def family(self) -> str:
        """The three letters of the family: ``CON`` of ``CON103``."""
        return self.id[:3]
