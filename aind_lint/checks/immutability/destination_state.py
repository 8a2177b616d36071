"""What does the destination hold under this asset's name?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from aind_lint.asset.asset import Asset
from aind_lint.bucket.messages import describe, suggest_action
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

if TYPE_CHECKING:
    from aind_lint.bucket.destination_state import DestinationState

NEEDS_BUCKET = True


class Options(verb.Options):
    """Which state to find.

    Attributes:
        state: ``different``, ``damaged`` and ``foreign`` as in `DestinationState`; ``claimed`` is partial with other
            content, ``interrupted`` is partial with this content, ``published`` is the same content.
    """

    state: Literal["different", "damaged", "foreign", "claimed", "interrupted", "published"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield one fault if the destination is in that state."""
    store, name = context.store, asset.listing.name
    assert store is not None and context.holding is not None
    holding = context.holding(asset)
    if _state(holding) == options.state:
        fix = suggest_action(holding, name, store.url) if holding.state == "partial" else None
        yield Fault(describe(holding, name, store.url), found=name, fix=fix)


def _state(holding: DestinationState) -> str:
    if holding.state == "partial":
        return "interrupted" if holding.ours else "claimed"
    return "published" if holding.state == "same" else holding.state
