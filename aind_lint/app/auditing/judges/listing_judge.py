"""Runs the rules that need only the listing of an asset: ``--rules keys``. No object is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from aind_lint.app.auditing.judges.task_parts import audit_finding, files_of
from aind_lint.app.checking.asset_checker import AssetChecker
from aind_lint.app.checking.check_options import CheckOptions, CheckParameters
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.listing import Listing, folders_of
from aind_lint.audit.asset_task import AssetTask, AssetVerdict
from aind_lint.config.settings import Settings
from aind_lint.engine.environment import environment_id, package_versions
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.finding import AssetReport

#: Families and rules that need names, keys and sizes only.
_FAMILIES = ("NAM", "KEY")
_RULES = {"SEP103", "SID101", "SID120", "SID121"}

#: Rules of these families that read files, and those that need sizes.
_READING, _OF_SIZES = {"KEY114"}, {"KEY112"}


class ListingJudge:
    """A judge that reads no object."""

    def __init__(self, address: str, settings: Settings, now: datetime, has_sizes: bool) -> None:
        """The bucket's address, the configuration, the time of the listing, and whether it has sizes."""
        self._address = address
        self._rules = load_rules(Path(folder) for folder in settings.extend_rules)
        chosen = {rule.id for rule in self._rules if rule.id[:3] in _FAMILIES or rule.id in _RULES}
        self.rules = frozenset(chosen - _READING - (set() if has_sizes else _OF_SIZES))
        parameters = CheckParameters(settings, CheckOptions(profile="published", fast=True, contents="none"), now)
        self._checker = AssetChecker(parameters, self._rules)
        self.environment = f"keys {environment_id()} {parameters.cache_key} {sorted(self.rules)}"
        self.packages = package_versions()

    def judge(self, tasks: Iterable[AssetTask]) -> Iterator[AssetVerdict]:
        """One verdict for each task, in order."""
        for task in tasks:
            asset = Asset(self._listing(task))
            report = self._checker.check(asset, set(self.rules))
            yield _verdict(task.name, report)

    def _listing(self, task: AssetTask) -> Listing:
        files = files_of(task)
        return Listing(task.name, f"{self._address}/{task.name}", files, _empty_object, folders=folders_of(files))


def _empty_object(key: str) -> BinaryIO:
    """An empty JSON object: the selected rules look for metadata only to refine what they report."""
    return BytesIO(b"{}")


def _verdict(name: str, report: AssetReport) -> AssetVerdict:
    if report.crashes:
        return AssetVerdict(name, unknown=f"rule {report.crashes[0].rule} failed: {report.crashes[0].error}")
    return AssetVerdict(
        name,
        [audit_finding(name, finding) for finding in report.all_findings],
        level=report.level,
        era=report.generation,
        modalities=report.modalities,
    )
