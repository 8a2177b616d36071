"""Everything that suppresses findings of a run: the suppressions of the configuration, then the baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from aind_lint.engine.selection import RuleIdentity
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.finding import AssetReport

if TYPE_CHECKING:
    from aind_lint.engine.baseline import Baseline


class SuppressionSet:
    """The suppressions and the baseline of a run, with the record of their use.

    Attributes:
        tracker: The suppressions of the configuration.
        baseline: The counts of existing findings, if there is a baseline.
    """

    def __init__(self, tracker: SuppressionTracker, baseline: Baseline | None = None) -> None:
        self.tracker = tracker
        self.baseline = baseline

    def apply(
        self,
        reports: Iterable[AssetReport],
        rules: Sequence[RuleIdentity],
        selected: Callable[[AssetReport], set[str]],
    ) -> None:
        """Move the suppressed findings of each report to its suppressed ones.

        Args:
            reports: The reports of a run.
            rules: All rules.
            selected: The ids of the rules that were selected for an asset.
        """
        reports = list(reports)
        for report in reports:
            self.tracker.apply(report, selected(report))
        if self.baseline:
            self.baseline.apply(reports, rules, selected, self.tracker.complete_run)

    @property
    def has_problems(self) -> bool:
        """Whether a suppression is unused or expired, or a count of the baseline is unmatched."""
        tracker = self.tracker
        return bool(tracker.unused or tracker.expired or (self.baseline and self.baseline.unmatched))
