"""Does the destination contain this asset under another name?"""

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
    """Which other names to report.

    Attributes:
        differs_in: ``case``: the names differ only in case; ``prefix``: the names of two raw assets differ only in the
            prefix, which names have with metadata before 2.x only.
    """

    differs_in: Literal["case", "prefix"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such name."""
    assert context.store is not None
    for name in _names(context.store):  # type: ignore[arg-type]  # a store is hashed by its identity
        if name != asset.listing.name and _is_same(asset, name, options.differs_in):
            yield Fault(f"{context.store.url} already contains {name}", found=asset.listing.name, expected=name)


def _is_same(asset: Asset, name: str, differs_in: str) -> bool:
    differs_in_case = name.casefold() == asset.listing.name.casefold()
    if differs_in == "case":
        return differs_in_case
    session = asset.name.subject_id, asset.name.acquired
    # The substring test is cheap and excludes most names: they are of another subject.
    if differs_in_case or asset.name.form != "raw" or None in session or f"{asset.name.subject_id}_" not in name:
        return False
    other = parse_name(name, vocabulary=asset.vocabulary)
    return other.form == "raw" and (other.subject_id, other.acquired) == session


@lru_cache(maxsize=2)  # one listing of the bucket serves all assets of a run
def _names(store: Store) -> list[str]:
    return store.scan_level("")[0]
