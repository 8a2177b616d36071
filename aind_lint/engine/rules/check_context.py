"""What a check knows besides the asset: the destination, the time, the configured zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal

from aind_lint.bucket.address import is_below
from aind_lint.formats.read_budget import Contents
from aind_lint.schema.models.model_source import LOCAL_MODELS, ModelSource
from aind_lint.text.timestamps import Timestamp

if TYPE_CHECKING:
    from aind_lint.asset.asset import Asset
    from aind_lint.bucket.destination.destination_state import DestinationState
    from aind_lint.bucket.store import Store
    from aind_lint.engine.rules.rule import PublicArchive


@dataclass(frozen=True)
class CheckContext:
    """What a check knows besides the asset.

    Attributes:
        store: The destination, if one was given.
        destination_state: Returns the state of the destination for an asset; computed once for all rules.
        checked_at: The time of the check. Verbs call `clock` or `is_past`, which record that the result depends on it.
        zone: The time zone of the rigs, in which names state their times.
        data: "absent" in a repository that contains metadata only.
        not_flat_buckets: Buckets that are not flat lists of assets: names, or ``s3://`` addresses of a part of one.
        public_buckets: Addresses of buckets that everybody can read.
        completed_by_service: Whether the transfer service uploads what a manifest lists, and adds sidecars to it. False
            when this program publishes it.
        contents: How much of the data files is read.
        for_archive: The public archive whose demands are checked as well.
        fast: Skip the models of the schema packages, which take seconds to load.
        models: Where the verdicts of the models of the schema packages come from.
        on_clock_read: Called when a result depends on the time of the check, so that it is not cached.
    """

    store: Store | None = None
    destination_state: Callable[[Asset], DestinationState] | None = None
    checked_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    zone: str = "America/Los_Angeles"
    data: Literal["present", "absent"] = "present"
    not_flat_buckets: tuple[str, ...] = ()
    public_buckets: tuple[str, ...] = ()
    completed_by_service: bool = True
    contents: Contents = "sample"
    for_archive: PublicArchive | None = None
    fast: bool = False
    models: ModelSource = LOCAL_MODELS
    on_clock_read: Callable[[], None] | None = None

    def clock(self) -> datetime:
        """The time of the check, with its zone. A result that depends on it is not cached."""
        if self.on_clock_read:
            self.on_clock_read()
        return self.checked_at

    def is_past(self, timestamp: Timestamp, tolerance: timedelta = timedelta(0)) -> bool:
        """Whether a timestamp is not later than the time of the check, give or take ``tolerance``.

        The past stays past, so only the answer False depends on the time of the check.
        """
        now = self.checked_at
        past = not timestamp.is_after(Timestamp(now, now), self.zone, tolerance)
        if not past and self.on_clock_read:
            self.on_clock_read()
        return past

    def is_flat(self, address: str) -> bool:
        """Whether the bucket at ``address`` is a flat list of assets, as far as the configuration says."""
        return not any(is_below(address, part) for part in self.not_flat_buckets)
