"""Applying the suppressions of a configuration, and finding those that are expired or unused.

What cannot be silenced:

* A mandatory rule can never be suppressed. A suppression that names only mandatory rules is an error; one for a family
  does not affect the mandatory rules of the family.
* ``publish`` reports every error: no suppression, ``ignore`` or selection silences it.
* ``check --ignore`` works for every rule, also for a mandatory one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.config.asset_glob import is_literal, matches
from aind_lint.config.config_file import display_path
from aind_lint.config.settings import Settings
from aind_lint.engine.selection import RuleIdentity, rules_matching
from aind_lint.errors import UsageError
from aind_lint.finding import AssetReport, Finding, Severity, Suppressed

if TYPE_CHECKING:
    from aind_lint.config.settings import Suppression


@dataclass
class SuppressionState:
    """One suppression during a run.

    Attributes:
        suppression: The suppression as it is configured.
        rules: Ids of the rules that it suppresses.
        expired: Whether its last day has passed.
        used: Whether it suppressed a finding.
        matched: Whether an asset that it is for was checked.
        rules_reported: Whether one of its rules was reported for such an asset.
        rules_incomplete: Whether one of its rules could not be checked completely for such an asset.
    """

    suppression: Suppression
    rules: set[str]
    expired: bool
    used: bool = False
    matched: bool = False
    rules_reported: bool = False
    rules_incomplete: bool = False


class SuppressionTracker:
    """The suppressions of a configuration, with the record of their use in a run."""

    def __init__(
        self,
        settings: Settings,
        rules: Sequence[RuleIdentity],
        today: date,
        *,
        suppress_errors: bool = True,
        complete_run: bool = False,
    ) -> None:
        """Resolve the suppressions.

        Args:
            settings: The configuration.
            rules: All rules.
            today: The date of the run.
            suppress_errors: Whether errors may be suppressed.
            complete_run: Whether the run covers everything that the configuration is for.

        Raises:
            UsageError: A suppression matches no rule, or only rules that are mandatory for publishing.
        """
        self.file = display_path(settings.file) if settings.file else None
        self._folder = settings.folder
        self._suppress_errors = suppress_errors
        self.complete_run = complete_run
        self._states = [
            SuppressionState(one, _suppressible(one, rules, self.file), one.until is not None and one.until < today)
            for one in settings.suppressions
        ]

    def apply(self, report: AssetReport, selected: set[str]) -> None:
        """Move the suppressed findings of one asset to the suppressed ones of its report.

        Args:
            report: The report of the asset.
            selected: Ids of the rules that were selected for it.
        """
        active = [state for state in self._states if not state.expired and self._matches(state, report)]
        for state in active:
            state.matched = True
            state.rules_reported = state.rules_reported or not state.rules.isdisjoint(selected)
            state.rules_incomplete = state.rules_incomplete or not state.rules.isdisjoint(report.incomplete_rules)
        remaining = []
        for finding in report.findings:
            suppressing = [state for state in active if self._suppresses(state, finding)]
            for state in suppressing:
                state.used = True
            if suppressing:
                first = suppressing[0].suppression
                until = first.until.isoformat() if first.until else None
                report.suppressed.append(Suppressed(finding, first.reason, until))
            else:
                remaining.append(finding)
        report.findings = remaining

    @property
    def expired(self) -> list[Suppression]:
        """The suppressions whose last day has passed."""
        return [state.suppression for state in self._states if state.expired]

    @property
    def unused(self) -> list[Suppression]:
        """The suppressions that certainly suppress nothing.

        A complete run decides this for every suppression, a partial run only for those that name exactly one asset.
        """
        return [state.suppression for state in self._states if self._is_unused(state)]

    def _is_unused(self, state: SuppressionState) -> bool:
        if state.used or state.expired or state.rules_incomplete:
            return False
        if self.complete_run:
            return state.rules_reported or not state.matched
        return state.rules_reported and is_literal(state.suppression.assets)

    def _matches(self, state: SuppressionState, report: AssetReport) -> bool:
        name = report.name if report.name is not None else Path(report.path).name
        return matches(state.suppression.assets, report.path, name, self._folder)

    def _suppresses(self, state: SuppressionState, finding: Finding) -> bool:
        return finding.rule in state.rules and (self._suppress_errors or finding.severity is not Severity.ERROR)


def _suppressible(suppression: Suppression, rules: Sequence[RuleIdentity], file: str | None) -> set[str]:
    """The ids of the rules that a suppression matches, without those that are mandatory for publishing."""
    position = f"{file}:{suppression.line}" if suppression.line else file
    try:
        matching = rules_matching(rules, [suppression.rule])
    except UsageError as error:
        raise UsageError(f"{position}: {error}") from None
    mandatory = {rule.id for rule in rules if rule.mandatory}
    if matching <= mandatory:
        raise UsageError(f"{position}: {suppression.rule} is mandatory for publishing and cannot be suppressed")
    return matching - mandatory
