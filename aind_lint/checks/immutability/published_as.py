"""Does the destination hold this asset under another name?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

if TYPE_CHECKING:
    from aind_lint.bucket.store import Store

NEEDS_BUCKET = True


class Options(verb.Options):
    """Which other name to find.

    Attributes:
        differs: In capital and small letters only; or a raw asset in the prefix only, which one era of names has and
            another has not.
    """

    differs: Literal["case", "prefix"]


def check(asset: Asset, options: Options, world: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such name."""
    assert world.store is not None
    for name in _names(world.store):  # type: ignore[arg-type]  # a store is hashed by its identity
        if name != asset.listing.name and _is_same(asset, name, options.differs):
            yield Fault(f"{world.store.url} already holds {name}", found=asset.listing.name, expected=name)


def _is_same(asset: Asset, name: str, differs: str) -> bool:
    in_case_only = name.casefold() == asset.listing.name.casefold()
    if differs == "case":
        return in_case_only
    start = asset.name.subject_id, asset.name.acquired
    # Cheap first: most names of a bucket are another subject's.
    if in_case_only or asset.name.form != "raw" or None in start or f"{asset.name.subject_id}_" not in name:
        return False
    other = parse_name(name)
    return other.form == "raw" and (other.subject_id, other.acquired) == start


@lru_cache(maxsize=2)  # one listing of the bucket serves all assets of a run
def _names(store: Store) -> list[str]:
    return store.folders("")
