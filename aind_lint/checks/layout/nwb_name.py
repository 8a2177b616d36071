"""Is every NWB of a derived asset named by a modality or by the primary asset?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_DATA = True

_NWB = (".nwb", ".nwb.zarr")


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every NWB at the root that is named neither by a modality nor by the primary asset."""
    primary = _primary(asset)
    for store in nwb_stores(asset):
        stem = store[: -len(_NWB[store.lower().endswith(_NWB[1])])]
        is_folder = store in asset.listing.folders
        named = asset.vocabulary.modality_of(stem) is not None or stem in (
            primary,
            asset.name.source,
            asset.listing.name,
        )
        if named and (store.endswith(".nwb.zarr") or not is_folder):
            continue
        expected = f"{stem}.nwb.zarr" if named else f"{primary or '<primary asset>'}.nwb.zarr"
        message = f"{store} is not named <modality>.nwb.zarr or {expected}"
        if named:
            message = f"{store} is a Zarr store, so its name must be {expected}"
        yield Fault(message, store, found=store, expected=expected, fix=f"Rename {store} to {expected}")


def _primary(asset: Asset) -> str | None:
    """The raw asset that this one goes back to."""
    name = asset.name
    while name.source is not None:
        name = parse_name(name.source, vocabulary=asset.vocabulary)
    return name.text if name is not asset.name else None


def nwb_stores(asset: Asset) -> list[str]:
    """The names of the NWB files and stores at the root, sorted."""
    folders = (key for key in asset.listing.folders if "/" not in key)
    return sorted({name for name in chain(folders, asset.listing.root_files) if name.lower().endswith(_NWB)})
