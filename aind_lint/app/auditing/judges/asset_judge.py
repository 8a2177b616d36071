"""Runs the rules of `check` over assets whose listing is known, with their sidecars read many at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import BinaryIO

from aind_lint.app.auditing.judges.accepted_sidecars import AcceptedSidecars
from aind_lint.app.auditing.judges.sample import is_in_sample
from aind_lint.app.auditing.judges.task_parts import audit_finding, files_of
from aind_lint.app.auditing.judges.unit_messages import JudgeParameters
from aind_lint.app.auditing.judges.unit_objects import UnitObjects, batches
from aind_lint.app.checking.asset_checker import AssetChecker
from aind_lint.app.checking.check_options import CheckOptions, CheckParameters
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import FileStat
from aind_lint.asset.listing.listing import Listing, folders_of
from aind_lint.audit.asset_task import AssetTask, AssetVerdict
from aind_lint.audit.times import iso_time
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.rate_limiter import RateLimiter
from aind_lint.bucket.stored_assets import list_sidecars
from aind_lint.checks.format_problems import NOT_READ
from aind_lint.engine.baseline import Baseline
from aind_lint.engine.cache_dependencies import DependencyTrace
from aind_lint.engine.cause import group_by_cause
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.engine.selection import Selection
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import AindLintError, BucketError
from aind_lint.finding import AssetReport
from aind_lint.system.concurrency_limits import RANGE_REQUESTS
from aind_lint.text.characters import one_line

#: Why the data of an asset was not read.
_NO_DATA = "data is not read in this audit (--sample)"

#: Reasons that the audit reports once, and not for each asset.
_UNREAD = (NOT_READ, _NO_DATA)


class DataNotReadError(BucketError):
    """A rule wants to read data, which the audit reads only of a sample."""


class AssetJudge:
    """Judges assets in this process."""

    def __init__(self, parameters: JudgeParameters) -> None:
        """Load the rules.

        Raises:
            UsageError: A rule file, a suppression or the baseline is invalid.
        """
        self._parameters = parameters
        # The audit compares the bucket with itself, not with a destination.
        settings = replace(parameters.settings, bucket=None)
        self._rules = load_rules(Path(folder) for folder in settings.extend_rules)
        self._selection = Selection(self._rules, settings)
        self._store = open_store(parameters.address, parameters.connection)
        self._rate_limiter = RateLimiter(parameters.max_requests_per_second)
        now = parameters.now
        self._unsampled, self._sampled = (
            AssetChecker(
                CheckParameters(settings, CheckOptions(profile="published", contents=contents), now), self._rules
            )
            for contents in ("none", "sample")
        )
        tracker = SuppressionTracker(settings, self._rules, now.date())
        baseline = Baseline.read(Path(settings.baseline)) if settings.baseline else None
        self._suppressions = SuppressionSet(tracker, baseline)

    def judge(self, unit: list[AssetTask]) -> list[AssetVerdict]:
        """One verdict for each task, in order.

        Raises:
            BucketError: The bucket cannot be read at all.
        """
        objects = UnitObjects(self._store, self._rate_limiter)
        verdicts: list[AssetVerdict] = []
        for batch in batches(unit):
            objects.read(batch)
            verdicts += [self._safe_verdict(task, objects) for task in batch]
            objects.forget()
        return [
            replace(
                verdict,
                requests=objects.requests.get(verdict.name, 0),
                downloaded_bytes=objects.downloaded_bytes.get(verdict.name, 0),
            )
            for verdict in verdicts
        ]

    def _safe_verdict(self, task: AssetTask, objects: UnitObjects) -> AssetVerdict:
        """The verdict of an asset; whatever fails in it does not hide the others."""
        try:
            return self._verdict(task, objects)
        except AindLintError as error:
            return AssetVerdict(task.name, unknown=str(error))
        except Exception as error:
            return AssetVerdict(task.name, unknown=one_line(f"internal error: {type(error).__name__}: {error}", 300))

    def _verdict(self, task: AssetTask, objects: UnitObjects) -> AssetVerdict:
        if (problem := objects.problem(task)) is not None:
            return AssetVerdict(task.name, unknown=problem)
        parameters = self._parameters
        is_sampled = is_in_sample(task.name, parameters.sample, parameters.now)
        reads: set[str] = set()
        asset = Asset(self._listing(task, objects, reads, is_sampled))
        selected = self._selection.rules_for(asset.listing.address, asset.listing.name)
        trace, models = DependencyTrace(""), AcceptedSidecars(task.accepted)
        checker = self._sampled if is_sampled else self._unsampled
        report = checker.check(asset, set(selected), trace, models=models)
        if report.crashes:
            crash = report.crashes[0]
            return AssetVerdict(task.name, unknown=f"internal error in rule {crash.rule}: {crash.error}")
        self._suppressions.apply([report], self._rules, lambda _: selected)
        report.findings = group_by_cause(report.findings)
        is_final = trace.cacheable and report.bucket_error in (None, _NO_DATA)
        return AssetVerdict(
            task.name,
            [audit_finding(task.name, finding) for finding in report.findings],
            _not_checked(report),
            sorted({item.rule for item in report.not_checked if item.reason in _UNREAD}),
            level=report.level,
            era=report.generation,
            modalities=report.modalities,
            project=_project(asset),
            reads=sorted(reads),
            expires=self._expiry(report) if is_final else iso_time(parameters.now),
            accepted=sorted(models.accepted),
        )

    def _listing(self, task: AssetTask, objects: UnitObjects, reads: set[str], is_sampled: bool) -> Listing:
        files = files_of(task)
        small = {one.key: one for one in task.sidecars}
        store, address = self._store, self._parameters.address

        def open_(key: str) -> BinaryIO:
            if key in small:
                return objects.open(task.name, small[key])
            if not is_sampled:
                raise DataNotReadError(_NO_DATA)
            return store.open(f"{task.name}/{key}")

        def sibling(name: str, depth: int | None) -> Listing | None:
            reads.add(name)
            if name not in task.related:
                return list_sidecars(store, name)
            others = {one.key: one for one in task.related[name]}
            if not others:
                return None
            stats = {key: FileStat(one.size) for key, one in others.items()}
            return Listing(name, f"{address}/{name}", stats, lambda key: objects.open(name, others[key]))

        return Listing(
            task.name,
            f"{address}/{task.name}",
            files,
            open_,
            folders=folders_of(files),
            sibling=sibling,
            open_range=lambda key, start, length: store.open_range(f"{task.name}/{key}", start, length),
            range_requests=RANGE_REQUESTS,
        )

    def _expiry(self, report: AssetReport) -> str | None:
        """When the first suppression of a finding ends."""
        days = [date.fromisoformat(one.until) for one in report.suppressed if one.until]
        if not days:
            return None
        return iso_time(datetime.combine(min(days) + timedelta(days=1), time(), timezone.utc))


def _not_checked(report: AssetReport) -> list[tuple[str, str]]:
    """Rules that could not be checked, and why; without those that depend on options or the configuration."""
    found = {
        (item.rule, item.reason) for item in report.not_checked if item.is_unexpected and item.reason not in _UNREAD
    }
    found |= {(item.rule, f"{', '.join(item.reason)} failed") for item in report.skipped}
    return sorted(found)


def _project(asset: Asset) -> str | None:
    try:
        name = asset.value("data_description.json", "/project_name")
    except LookupError:
        return None
    return name if isinstance(name, str) else None
