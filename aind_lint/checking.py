"""Checking the assets of one run: rules, selection and surroundings are prepared once, assets come one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.asset.asset import Asset
from aind_lint.bucket.address import Connection, open_store
from aind_lint.config.settings import Settings
from aind_lint.engine.loader import load_rules
from aind_lint.engine.runner import choose_profile, run_rules
from aind_lint.engine.selection import Selection
from aind_lint.engine.world import World
from aind_lint.errors import BucketError
from aind_lint.finding import AssetReport

if TYPE_CHECKING:
    from aind_lint.bucket.holding import Holding
    from aind_lint.bucket.store import Store
    from aind_lint.engine.rule import Profile
    from aind_lint.publication.plan import OnBytes


@dataclass(frozen=True)
class Request:
    """What is the same for all assets of a run.

    Attributes:
        settings: The configuration, with what the command line says instead.
        profile: Which demands apply; chosen for every asset when None.
        connection: How to reach S3.
        now: The moment of the run.
        fast: Leave out the models of the schema packages.
    """

    settings: Settings
    profile: Profile | None
    connection: Connection
    now: datetime
    fast: bool


class Checker:
    """Checks assets as a request says."""

    def __init__(self, request: Request, on_hashed: OnBytes | None = None) -> None:
        """Prepare rules, selection and destination.

        Args:
            request: How to check.
            on_hashed: Told how many bytes of an asset have been read, to compare it with what the bucket holds.

        Raises:
            UsageError: A rule file, a selection or the address of the bucket is wrong.
        """
        settings = request.settings
        self._profile = request.profile
        self.rules = load_rules(Path(folder) for folder in settings.extend_rules)
        self.selection = Selection(self.rules, settings)
        store = open_store(settings.bucket, request.connection) if settings.bucket is not None else None
        holding = remembered(_holding_of(store, on_hashed)) if store else None
        self._world = World(
            store=store,
            holding=holding,
            now=request.now,
            zone=settings.zone,
            data=settings.data,
            not_flat_buckets=settings.not_flat_buckets,
            fast=request.fast,
        )

    def check(self, asset: Asset) -> AssetReport:
        """What the selected rules say of an asset."""
        profile = self._profile or choose_profile(asset)
        return run_rules(
            asset, self.rules, self._world, profile, self.reported(asset.listing.where, asset.listing.name)
        )

    def reported(self, where: str, name: str) -> set[str]:
        """The ids of the rules to report of one asset."""
        return self.selection.of(where, name)


def remembered(look: Callable[[Asset], Holding]) -> Callable[[Asset], Holding]:
    """Look once for each asset, and not again after a failure: an unreachable bucket is waited for once in a run."""
    failures: list[BucketError] = []

    @lru_cache(maxsize=1)  # assets come one after the other, and each may hold a large listing
    def holding(asset: Asset) -> Holding:
        if failures:
            raise failures[0]
        try:
            return look(asset)
        except BucketError as error:
            failures.append(error)
            raise

    return holding


def _holding_of(store: Store, on_hashed: OnBytes | None) -> Callable[[Asset], Holding]:
    from aind_lint.bucket.holding import find_holding
    from aind_lint.publication.plan import plan_publication

    return lambda asset: find_holding(store, asset.listing.name, lambda: plan_publication(asset, on_hashed).manifest)
