"""Checks assets one by one, and takes the results of unchanged assets from the cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.app.checking.check_options import CheckCallbacks, CheckParameters
from aind_lint.app.checking.check_targets import CheckTarget
from aind_lint.asset.listing.listing import Listing
from aind_lint.bucket.address import is_s3
from aind_lint.engine.cache_dependencies import record_dependencies
from aind_lint.engine.result_cache import ResultCache
from aind_lint.engine.rule_index import RuleIndex, load_rule_index
from aind_lint.engine.selection import Selection
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import AindLintError, BucketError, UnreadableError, UsageError, os_error_reason
from aind_lint.finding import AssetReport, Finding, NotChecked
from aind_lint.system.paths import cache_folder

if TYPE_CHECKING:
    from aind_lint.app.checking.asset_checker import AssetChecker
    from aind_lint.asset.asset import Asset


class CachingChecker:
    """Checks the assets of one run, with the result cache."""

    def __init__(self, parameters: CheckParameters, callbacks: CheckCallbacks = CheckCallbacks()) -> None:
        """Load the index of the rules and resolve the selection.

        Raises:
            UsageError: A rule file or a selection is invalid.
        """
        self.parameters = parameters
        self._callbacks = callbacks
        settings = parameters.settings
        options = parameters.options
        # With every byte read, a cached result would need a fingerprint of every byte; for DANDI, one of its program.
        cacheable = options.contents != "all" and options.for_archive != "dandi"
        folder = cache_folder() if options.cache and cacheable else None
        self.index: RuleIndex = load_rule_index((Path(rules) for rules in settings.extend_rules), folder)
        self.selection = Selection(self.index.entries, settings)
        self._cache_folder = folder if settings.bucket is None and self.index.only_shipped_verbs else None
        self._loaded_checker: AssetChecker | None = None

    def check(self, target: CheckTarget) -> AssetReport:
        """The report of an asset, from the cache or by running the selected rules.

        An asset that cannot be read has a report, too: it does not stop the check of others.

        Raises:
            NoAssetError: There is no asset.
        """
        try:
            found = target.scan(self._callbacks.on_listed)
        except (UsageError, BucketError, OSError) as error:
            return self._unread(target, error)
        try:
            report = self._check(target, found)
        except (UnreadableError, BucketError, OSError) as error:
            return self._unread(target, error)
        return _with_unreadable(report, found)

    def _unread(self, target: CheckTarget, error: Exception) -> AssetReport:
        """The report of an asset that cannot be read: no rule has been checked."""
        reason = os_error_reason(error) if isinstance(error, OSError) else str(error)
        path = target.where if is_s3(target.where) else Path(target.where).as_posix()
        name = None if target.kind in ("sidecar", "data", "bucket data") else path.rstrip("/").rpartition("/")[2]
        report = AssetReport(path, name, None, None, [], self.parameters.options.profile or "candidate", 0, 0)
        if isinstance(error, BucketError):
            report.bucket_error = reason
        else:
            report.read_error = reason
        rules = sorted(self.selection.rules_for(path, name or ""))
        report.not_checked = [NotChecked(rule, reason, mandatory=True) for rule in rules]
        return report

    def _check(self, target: CheckTarget, found: Listing | Asset) -> AssetReport:
        if not (cache := self._cache_for(target, found)) or not isinstance(found, Listing):
            asset = target.load(found)
            return self._asset_checker.check(asset, self.selection.rules_for(asset.listing.address, asset.listing.name))
        if (cached := cache.find(found)) is not None:
            return cached
        watched, trace = record_dependencies(found)
        report = self._asset_checker.check(
            target.load(watched), self.selection.rules_for(found.address, found.name), trace
        )
        cache.store(report, trace)
        return report

    def find(self, target: CheckTarget) -> AssetReport | None:
        """The cached report of an asset; None if there is none."""
        if self._cache_folder is None or target.kind == "manifest" or target.is_stored:
            return None
        try:
            found = target.scan(self._callbacks.on_listed)
        except (AindLintError, OSError):
            return None  # `check` reports it
        cache = self._cache_for(target, found)
        cached = cache.find(found) if cache and isinstance(found, Listing) else None
        return None if cached is None else _with_unreadable(cached, found)

    def _cache_for(self, target: CheckTarget, found: Listing | Asset) -> ResultCache | None:
        if self._cache_folder is None or not isinstance(found, Listing):
            return None
        if target.is_stored and not found.version:
            return None
        selected = sorted(self.selection.rules_for(found.address, found.name))
        facts = (self.index.rules_id, target.kind, self.parameters.cache_key, *selected)
        return ResultCache(self._cache_folder, "\0".join(facts), self.parameters.now.timestamp())

    def disable_progress(self) -> None:
        """Stop calling the progress callbacks."""
        self._callbacks = CheckCallbacks()

    def __reduce__(self) -> tuple[type[CachingChecker], tuple[CheckParameters]]:
        return CachingChecker, (self.parameters,)

    def configuration_findings(self, suppressions: SuppressionSet) -> list[Finding]:
        """The findings about the suppressions and the baseline, such as an unused suppression."""
        if not suppressions.has_problems:
            return []
        return self._asset_checker.check_suppressions(suppressions, self.selection.default_rules)

    @property
    def _asset_checker(self) -> AssetChecker:
        if self._loaded_checker is None:
            from aind_lint.app.checking.asset_checker import AssetChecker

            self._loaded_checker = AssetChecker(self.parameters, self.index.loaded, self._callbacks.on_hashed)
        return self._loaded_checker


def _with_unreadable(report: AssetReport, found: Listing | Asset) -> AssetReport:
    """The report, with an error if there are files that cannot be read. It is not cached."""
    unreadable = (found if isinstance(found, Listing) else found.listing).unreadable
    if unreadable:
        more = f" and {len(unreadable) - 1:,} more" if len(unreadable) > 1 else ""
        report.read_error = f"cannot read {next(iter(unreadable))}{more} of {report.path}: permission denied"
    return report
