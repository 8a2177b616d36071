"""What does the destination hold under this asset's name?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault
from aind_lint.engine.world import World

if TYPE_CHECKING:
    from aind_lint.bucket.holding import Holding

NEEDS_BUCKET = True

#: How many differing keys a message names.
_SHOWN = 5


class Options(verb.Options):
    """Which state to find.

    Attributes:
        state: ``different`` and ``foreign`` as in `aind_lint.bucket.holding.Holding`; ``taken`` is partial with other
            content, ``interrupted`` is partial with this content, ``published`` is the same content.
    """

    state: Literal["different", "foreign", "taken", "interrupted", "published"]


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault]:
    """Yield one fault if the destination is in that state."""
    store = world.store
    assert store is not None and world.holding is not None
    holding = world.holding(asset)
    if _state(holding) == options.state:
        yield Fault(describe(holding, asset.listing.name, store.url), found=asset.listing.name)


def describe(holding: Holding, name: str, url: str) -> str:
    """What the destination holds, as one sentence for a person."""
    if holding.state == "different":
        shown = "; ".join(str(difference) for difference in holding.differences[:_SHOWN])
        more = holding.differences.total - _SHOWN
        rest = f"; and {more:,} more" if more > 0 else ""
        return f"{url} already holds {name} with other content: {shown}{rest}"
    if holding.state == "foreign":
        return f"{url} already holds files under {name}/ that this tool did not put there, and no data_description.json"
    if holding.state == "partial":
        whose = "this very content" if holding.ours else "other content"
        claim = holding.claim
        begun = (
            f"begun at {claim.time} by {claim.tool}, run {claim.run_id[:8]}" if claim else "given up, but not closed"
        )
        return f"{url} holds an unfinished publication of {name} with {whose}, {begun}"
    if holding.state == "same":
        return f"{name} is already published in {url} with this content"
    return f"{url} does not hold {name}"


def _state(holding: Holding) -> str:
    if holding.state == "partial":
        return "interrupted" if holding.ours else "taken"
    return "published" if holding.state == "same" else holding.state
