"""Which assets have their data read in an audit."""

from __future__ import annotations

import hashlib
from datetime import datetime


def is_in_sample(name: str, share: float, now: datetime) -> bool:
    """Whether the data of an asset is read at this time: each day those of another part, in turn.

    Args:
        name: The asset.
        share: The share of all assets, such as 1/30: then each asset has its turn every 30 days.
        now: The time of the listing.
    """
    if share <= 0:
        return False
    parts = max(1, round(1 / share))
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % parts == now.toordinal() % parts
