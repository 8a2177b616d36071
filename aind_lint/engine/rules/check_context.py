"""What a check may know beyond the asset: the destination, the time, the configured zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal

from aind_lint.bucket.address import is_below
from aind_lint.text.timestamps import Timestamp

if TYPE_CHECKING:
    from aind_lint.asset.asset import Asset
    from aind_lint.bucket.destination_state import DestinationState
    from aind_lint.bucket.store import Store


@dataclass(frozen=True)
class CheckContext:
    """The surroundings of a check.

    Attributes:
        store: The destination, when one was given.
        holding: What the destination holds of an asset; found once for all rules that ask.
        checked_at: The time of the check. Verbs call `clock` or `is_past`, which record that the result depends on it.
        zone: The rig's time zone, where names take their time from.
        data: Whether the data lies beside the sidecars; "absent" in a repository that holds metadata only.
        not_flat_buckets: Buckets that are no flat list of assets: names, or ``s3://`` addresses of a part of one.
        fast: Leave out what takes seconds to load: the models of the schema packages.
        on_clock_read: Called when a result depends on the time of the check, so that it is not cached.
    """

    store: Store | None = None
    holding: Callable[[Asset], DestinationState] | None = None
    checked_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    zone: str = "America/Los_Angeles"
    data: Literal["present", "absent"] = "present"
    not_flat_buckets: tuple[str, ...] = ()
    fast: bool = False
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
