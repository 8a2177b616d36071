"""All that silences findings of a run: the suppressions of the configuration, then the baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aind_lint.engine.baseline import Baseline
from aind_lint.engine.selection import Named
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.finding import AssetReport


@dataclass
class SuppressionSet:
    """What silences findings, and what became of it.

    Attributes:
        ledger: The suppressions.
        baseline: The findings that were there before, if they are counted.
    """

    ledger: SuppressionTracker
    baseline: Baseline | None = None

    def apply(
        self, reports: Iterable[AssetReport], rules: Sequence[Named], reported: Callable[[AssetReport], set[str]]
    ) -> None:
        """Move what is silenced out of the findings of each asset.

        Args:
            reports: What the rules said of the assets of a run.
            rules: All rules.
            reported: The ids of the rules whose findings were wanted of an asset.
        """
        reports = list(reports)
        for report in reports:
            self.ledger.apply(report, reported(report))
        if self.baseline:
            self.baseline.apply(reports, rules, reported, self.ledger.whole)

    @property
    def is_news(self) -> bool:
        """Whether there is something to say of it."""
        return bool(self.ledger.unused or self.ledger.expired or (self.baseline and self.baseline.excess))
