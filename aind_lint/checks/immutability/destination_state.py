"""What does the destination contain under this asset's name?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.bucket.destination.destination_messages import describe_state, suggest_action
from aind_lint.bucket.destination.destination_state import DestinationState, DestinationStatus
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_BUCKET = True


class Options(verb.Options):
    """Which state to report.

    Attributes:
        state: ``different``, ``damaged`` and ``foreign`` as in `DestinationState`; ``claimed`` is partial with other
            content, ``interrupted`` is partial with this content, ``published`` is the same content.
    """

    state: Literal["different", "damaged", "foreign", "claimed", "interrupted", "published"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield one fault if the destination is in that state."""
    store, name = context.store, asset.listing.name
    assert store is not None and context.destination_state is not None
    destination = context.destination_state(asset)
    if _state(destination) == options.state:
        needs_action = destination.status is DestinationStatus.PARTIAL or destination.damage is not None
        fix = suggest_action(destination, name, store.url) if needs_action else None
        yield Fault(describe_state(destination, name, store.url), found=name, fix=fix)


def _state(destination: DestinationState) -> str:
    if destination.status is DestinationStatus.PARTIAL:
        return "interrupted" if destination.same_content else "claimed"
    return "published" if destination.status is DestinationStatus.SAME else destination.status.value
