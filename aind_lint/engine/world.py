"""What a check may know beyond the asset: the destination, the time, the configured zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aind_lint.asset.asset import Asset
    from aind_lint.bucket.holding import Holding
    from aind_lint.bucket.store import Store


@dataclass(frozen=True)
class World:
    """The surroundings of a check.

    Attributes:
        store: The destination, when one was given.
        holding: What the destination holds of an asset; found once for all rules that ask.
        now: The moment of the check.
        zone: The rig's time zone, where names take their time from.
    """

    store: Store | None = None
    holding: Callable[[Asset], Holding] | None = None
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    zone: str = "America/Los_Angeles"
