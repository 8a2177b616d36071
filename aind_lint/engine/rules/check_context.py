"""What a check may know beyond the asset: the destination, the time, the configured zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal

from aind_lint.bucket.address import is_below

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
        now: The moment of the check.
        zone: The rig's time zone, where names take their time from.
        data: Whether the data lies beside the sidecars; "absent" in a repository that holds metadata only.
        not_flat_buckets: Buckets that are no flat list of assets: names, or ``s3://`` addresses of a part of one.
        fast: Leave out what takes seconds to load: the models of the schema packages.
    """

    store: Store | None = None
    holding: Callable[[Asset], DestinationState] | None = None
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    zone: str = "America/Los_Angeles"
    data: Literal["present", "absent"] = "present"
    not_flat_buckets: tuple[str, ...] = ()
    fast: bool = False

    def already(self, holds: Callable[[datetime], bool]) -> bool:
        """Whether something holds now that, once it holds, holds at every later moment.

        A verdict that rests on that is as good tomorrow; one that asks for ``now`` is not.
        """
        return holds(self.now)

    def is_flat(self, address: str) -> bool:
        """Whether the bucket at ``address`` is a flat list of assets, as far as the configuration says."""
        return not any(is_below(address, part) for part in self.not_flat_buckets)


@dataclass(frozen=True)
class WatchedCheckContext(CheckContext):
    """A world that tells when a check asks for the time of day."""

    on_clock: Callable[[], None] = lambda: None

    def __getattribute__(self, name: str) -> object:
        if name == "now":
            object.__getattribute__(self, "on_clock")()
        return object.__getattribute__(self, name)

    def already(self, holds: Callable[[datetime], bool]) -> bool:
        """As in `CheckContext`; what does not hold yet may hold later, which counts as asking for the time."""
        if holds(object.__getattribute__(self, "now")):
            return True
        self.on_clock()
        return False
