"""Judging assets: rules, destination and surroundings of a run, loaded and ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aind_lint.asset.asset import Asset
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.bucket.open_store import open_store
from aind_lint.engine.cache_dependencies import DependencyTrace
from aind_lint.engine.rule_runner import check_suppressions, choose_profile, run_rules
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import BoundRule, load_rules
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import BucketError
from aind_lint.finding import AssetReport, Finding

if TYPE_CHECKING:
    from aind_lint.app.check_request import CheckRequest
    from aind_lint.bucket.destination_state import DestinationState
    from aind_lint.bucket.store import Store
    from aind_lint.config.settings import Settings
    from aind_lint.publication.progress import OnBytes


class AssetChecker:
    """Runs the rules over assets, as a request says."""

    def __init__(
        self, request: CheckRequest, rules: Sequence[BoundRule] | None = None, on_hashed: OnBytes | None = None
    ) -> None:
        """Load the rules and open the destination.

        Args:
            request: How to check.
            rules: The rules, when they are loaded already.
            on_hashed: Told how many bytes of an asset have been read, to compare it with what the bucket holds.

        Raises:
            UsageError: A rule file or the address of the bucket is wrong.
        """
        settings = request.settings
        self._profile = request.profile
        self._rules = rules or load_rules(Path(folder) for folder in settings.extend_rules)
        store = None
        if settings.bucket is not None:
            # The connection can be that of the assets, which lie in S3 even if the bucket is a folder.
            connection = request.connection if is_s3(settings.bucket) else Connection()
            store = open_store(settings.bucket, connection)
        self._surroundings: dict[str, Any] = {
            "store": store,
            "destination_state": remembered(_holding_of(store, on_hashed)) if store else None,
            "checked_at": request.now,
            "zone": settings.zone,
            "data": settings.data,
            "not_flat_buckets": settings.not_flat_buckets,
            "fast": request.fast,
        }

    def check(self, asset: Asset, selected: set[str], trace: DependencyTrace | None = None) -> AssetReport:
        """What the selected rules say of an asset.

        Args:
            asset: The asset.
            selected: Ids of the rules to report.
            trace: Told when what they say holds only at this time of day.
        """
        context = CheckContext(**self._surroundings, on_clock_read=trace.mark_uncacheable if trace else None)
        return run_rules(asset, self._rules, context, self._profile or choose_profile(asset), selected)

    def check_suppressions(self, silencing: SuppressionSet, selected: set[str]) -> list[Finding]:
        """What the selected rules for configurations say of what silences the findings of a run."""
        return check_suppressions(silencing, self._rules, selected)


def check_candidate(
    asset: Asset, settings: Settings, store: Store, look: Callable[[str], DestinationState]
) -> AssetReport:
    """What every rule says of an asset that is about to be published to ``store``, where ``look`` finds it by name."""
    rules = load_rules(Path(folder) for folder in settings.extend_rules)
    ledger = SuppressionTracker(settings, rules, datetime.now(timezone.utc).date(), suppress_errors=False)
    holding = remembered(lambda asset: look(asset.listing.name))
    context = CheckContext(store, holding, zone=settings.zone, not_flat_buckets=settings.not_flat_buckets)
    report = run_rules(asset, rules, context, "candidate")
    ledger.apply(report, {one.id for one in rules})
    return report


def remembered(look: Callable[[Asset], DestinationState]) -> Callable[[Asset], DestinationState]:
    """Look once for each asset, and not again after a failure: an unreachable bucket is waited for once in a run."""
    failures: list[BucketError] = []

    @lru_cache(maxsize=1)  # assets come one after the other, and each may hold a large listing
    def holding(asset: Asset) -> DestinationState:
        if failures:
            raise failures[0]
        try:
            return look(asset)
        except BucketError as error:
            failures.append(error)
            raise

    return holding


def _holding_of(store: Store, on_hashed: OnBytes | None) -> Callable[[Asset], DestinationState]:
    from aind_lint.bucket.destination_state import find_destination_state
    from aind_lint.publication.plan import plan_publication
    from aind_lint.publication.progress import Progress

    def heard(progress: Progress) -> None:
        if on_hashed:
            on_hashed(progress.size)

    return lambda asset: find_destination_state(
        store, asset.listing.name, lambda: plan_publication(asset, heard).manifest
    )
