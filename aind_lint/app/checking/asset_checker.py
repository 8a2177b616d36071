"""Runs the loaded rules over assets, with the destination and the settings of one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aind_lint.asset.asset import Asset
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.checks.format_problems import describe_formats
from aind_lint.engine.cache_dependencies import DependencyTrace
from aind_lint.engine.cause import group_by_cause
from aind_lint.engine.rule_runner import RuleRunner, check_suppressions, choose_profile
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import BucketError
from aind_lint.finding import AssetReport, Finding, NotChecked
from aind_lint.schema.models.model_source import LOCAL_MODELS, ModelSource

if TYPE_CHECKING:
    from aind_lint.app.checking.check_options import CheckParameters
    from aind_lint.bucket.destination.destination_state import DestinationState
    from aind_lint.bucket.store import Store
    from aind_lint.config.settings import Settings
    from aind_lint.publication.progress import OnBytes

#: The rule that is not checked in a store or data file of an unknown format.
_STORE_METADATA = "FMT101"


class AssetChecker:
    """Runs the rules over the assets of one run."""

    def __init__(
        self, parameters: CheckParameters, rules: Sequence[LoadedRule] | None = None, on_hashed: OnBytes | None = None
    ) -> None:
        """Load the rules and open the destination.

        Args:
            parameters: The parameters of the run.
            rules: The rules, if they are loaded already.
            on_hashed: Called with the number of bytes of an asset read so far, for the comparison with the bucket.

        Raises:
            UsageError: A rule file or the address of the bucket is invalid.
        """
        settings, options = parameters.settings, parameters.options
        self._profile = options.profile
        self._vocabulary = settings.vocabulary.extend() if settings.vocabulary else None
        self._rules = rules or load_rules(Path(folder) for folder in settings.extend_rules)
        # Nearly all assets of a run have the same selection.
        self._runner = cache(lambda selected: RuleRunner(self._rules, set(selected)))
        store = None
        if settings.bucket is not None:
            from aind_lint.bucket.open_store import open_store  # needed only with a destination

            # With a folder as the bucket, the connection is for assets in S3.
            connection = options.connection if is_s3(settings.bucket) else Connection()
            store = open_store(settings.bucket, connection)
        self._context_options: dict[str, Any] = {
            "store": store,
            "destination_state": cache_state(_state_finder(store, on_hashed)) if store else None,
            "checked_at": parameters.now,
            "zone": settings.zone,
            "data": settings.data,
            "not_flat_buckets": settings.not_flat_buckets,
            "public_buckets": settings.public_buckets,
            "fast": options.fast,
            "for_archive": options.for_archive,
            "contents": "none" if options.fast else options.contents,
        }

    def check(
        self,
        asset: Asset,
        selected: set[str],
        trace: DependencyTrace | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
        models: ModelSource | None = None,
    ) -> AssetReport:
        """Run the selected rules over an asset.

        Args:
            asset: The asset.
            selected: Ids of the rules to report.
            trace: Notified when the result must not be cached, for example because a rule reads the clock.
            is_cancelled: Called before each rule; True ends the check.
            models: The models of the schema packages; None for those of this process.

        Raises:
            CheckCancelledError: It was cancelled.
        """
        context = CheckContext(
            **self._context_options,
            on_clock_read=trace.mark_uncacheable if trace else None,
            models=models or LOCAL_MODELS,
        )
        if self._vocabulary:
            asset = asset.with_vocabulary(self._vocabulary)
        profile = self._profile or choose_profile(asset)
        report = self._runner(frozenset(selected)).run(asset, context, profile, is_cancelled)
        _mark_fixable(asset, self._rules, report)
        if trace and asset.sidecar_only and report.findings:
            trace.mark_uncacheable()  # whether they are fixable depends on the folder around the sidecar, too
        if asset.data_only:
            formats = describe_formats(asset, context)
            report.format = formats or "data"
            if not formats and _STORE_METADATA in selected:
                report.not_checked.append(NotChecked(_STORE_METADATA, "no file in it has a format that is known"))
        return report

    def check_suppressions(self, suppressions: SuppressionSet, selected: set[str]) -> list[Finding]:
        """Run the selected rules for the configuration over the suppressions of a run."""
        return check_suppressions(suppressions, self._rules, selected)


def check_candidate(
    asset: Asset,
    settings: Settings,
    store: Store,
    find_state: Callable[[str], DestinationState],
    models: ModelSource,
) -> AssetReport:
    """Run every rule over an asset that is about to be published.

    Args:
        asset: The asset.
        settings: The configuration; suppressions of errors are ignored.
        store: The destination.
        find_state: Finds the state of the destination for the name of an asset.
        models: Where the results of the models come from.
    """
    rules = load_rules(Path(folder) for folder in settings.extend_rules)
    tracker = SuppressionTracker(settings, rules, datetime.now(timezone.utc).date(), suppress_errors=False)
    cached_state = cache_state(lambda asset: find_state(asset.listing.name))
    context = CheckContext(
        store,
        cached_state,
        zone=settings.zone,
        not_flat_buckets=settings.not_flat_buckets,
        public_buckets=settings.public_buckets,
        completed_by_service=False,
        models=models,
    )
    report = RuleRunner(rules).run(asset, context, "candidate")
    _mark_fixable(asset, rules, report)
    tracker.apply(report, {rule.id for rule in rules})
    report.findings = group_by_cause(report.findings)
    return report


def _mark_fixable(asset: Asset, rules: Sequence[LoadedRule], report: AssetReport) -> None:
    if report.findings and not asset.data_only:
        from aind_lint.fix.proposal import mark_fixable  # takes 20 ms to import, and most reports have no use for it

        mark_fixable(asset, rules, report)


def cache_state(find_state: Callable[[Asset], DestinationState]) -> Callable[[Asset], DestinationState]:
    """Find the state of the destination once for each asset.

    After a failure, every later call fails at once: a run waits for an unreachable bucket only once.
    """
    failures: list[BucketError] = []

    @lru_cache(maxsize=1)  # assets are checked one after the other, and the state can include a large listing
    def cached(asset: Asset) -> DestinationState:
        if failures:
            raise failures[0]
        try:
            return find_state(asset)
        except BucketError as error:
            failures.append(error)
            raise

    return cached


def _state_finder(store: Store, on_hashed: OnBytes | None) -> Callable[[Asset], DestinationState]:
    from aind_lint.bucket.destination.destination_state import find_destination_state
    from aind_lint.publication.plan import plan_publication
    from aind_lint.publication.progress import Progress

    def report(progress: Progress) -> None:
        if on_hashed:
            on_hashed(progress.size)

    return lambda asset: find_destination_state(
        store, asset.listing.name, lambda: plan_publication(asset, report).manifest
    )
