"""Suppressions at work: which findings they silence, and which of them are expired or of no use.

No rule that is mandatory for publishing can be silenced, and publishing passes over suppressions of errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aind_lint.config.asset_glob import is_literal, matches
from aind_lint.config.file import shown_path
from aind_lint.config.settings import Settings, Suppression
from aind_lint.engine.selection import Named, rules_named
from aind_lint.errors import UsageError
from aind_lint.finding import AssetReport, Finding, Severity, Suppressed


@dataclass
class Entry:
    """One suppression in a run.

    Attributes:
        suppression: As it is configured.
        rules: Ids of the rules it silences.
        expired: Whether its last day is over.
        used: Whether it silenced a finding.
        seen: Whether an asset it is for was checked.
        judged: Whether its rules were reported there.
        unsure: Whether they could not say all they have to say.
    """

    suppression: Suppression
    rules: set[str]
    expired: bool
    used: bool = False
    seen: bool = False
    judged: bool = False
    unsure: bool = False


class SuppressionTracker:
    """The suppressions of a configuration, and what became of them in a run."""

    def __init__(
        self, settings: Settings, rules: Sequence[Named], today: date, *, errors: bool = True, whole: bool = False
    ) -> None:
        """Prepare the suppressions.

        Args:
            settings: The configuration.
            rules: All rules.
            today: The day of the run.
            errors: Whether errors may be silenced.
            whole: Whether everything the configuration is for is checked in this run.

        Raises:
            UsageError: A suppression names no rule, or one that nothing can silence.
        """
        self.file = shown_path(settings.file) if settings.file else None
        self._folder = settings.folder
        self._errors = errors
        self.whole = whole
        self.entries = [
            Entry(one, _silenceable(one, rules, self.file), one.until is not None and one.until < today)
            for one in settings.suppressions
        ]

    def apply(self, report: AssetReport, reported: set[str]) -> None:
        """Move the findings of one asset that are silenced out of its findings.

        Args:
            report: What the rules said of it.
            reported: Ids of the rules whose findings were wanted.
        """
        entries = [entry for entry in self.entries if not entry.expired and self._is_for(entry, report)]
        for entry in entries:
            entry.seen = True
            entry.judged = entry.judged or not entry.rules.isdisjoint(reported)
            entry.unsure = entry.unsure or not entry.rules.isdisjoint(report.incomplete_rules)
        kept = []
        for finding in report.findings:
            by = [entry for entry in entries if self._silences(entry, finding)]
            for entry in by:
                entry.used = True
            if by:
                one = by[0].suppression
                report.suppressed.append(Suppressed(finding, one.reason, one.until.isoformat() if one.until else None))
            else:
                kept.append(finding)
        report.findings = kept

    @property
    def expired(self) -> list[Suppression]:
        """The suppressions whose last day is over."""
        return [entry.suppression for entry in self.entries if entry.expired]

    @property
    def unused(self) -> list[Suppression]:
        """The suppressions that silence nothing, as far as this run can know.

        A run over everything knows it of all, another one of those that name the one asset they are for.
        """
        return [entry.suppression for entry in self.entries if self._is_unused(entry)]

    def _is_unused(self, entry: Entry) -> bool:
        if entry.used or entry.expired or entry.unsure:
            return False
        if self.whole:
            return entry.judged or not entry.seen
        return entry.judged and is_literal(entry.suppression.assets)

    def _is_for(self, entry: Entry, report: AssetReport) -> bool:
        name = report.name if report.name is not None else Path(report.path).name
        return matches(entry.suppression.assets, report.path, name, self._folder)

    def _silences(self, entry: Entry, finding: Finding) -> bool:
        return finding.rule in entry.rules and (self._errors or finding.severity is not Severity.ERROR)


def _silenceable(one: Suppression, rules: Sequence[Named], file: str | None) -> set[str]:
    """The rules that a suppression names; of a family, those that may be silenced."""
    where = f"{file}:{one.line}" if one.line else file
    try:
        named = rules_named(rules, [one.rule])
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    mandatory = {rule.id for rule in rules if rule.mandatory}
    if named <= mandatory:
        raise UsageError(f"{where}: {one.rule} is mandatory for publishing; nothing can silence it")
    return named - mandatory
