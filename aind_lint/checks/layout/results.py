"""Do the results of a derived asset lie where its name says?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.modality import modality_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_DATA = True

_NWB = (".nwb", ".nwb.zarr")


class Options(verb.Options):
    """What to find.

    Attributes:
        problem: ``label``: no folder is named by the label, and no NWB lies at the root; ``nwb``: an NWB at the root
            is named neither by a modality nor by the primary asset.
        labels: Labels that are known, whose folders are right in any derived asset.
    """

    problem: Literal["label", "nwb"]
    labels: list[str] = []


def check(asset: Asset, options: Options, world: CheckContext) -> Iterator[Fault]:
    """Yield the faults; none for an asset that holds no data at all."""
    folders = (key for key in asset.listing.folders if "/" not in key)
    nwb = sorted({name for name in chain(folders, asset.listing.root_files) if name.lower().endswith(_NWB)})
    if options.problem == "nwb":
        yield from _misnamed(asset, nwb)
    elif not nwb:
        yield from _label(asset, options.labels)


def _misnamed(asset: Asset, stores: list[str]) -> Iterator[Fault]:
    primary = _primary(asset)
    for store in stores:
        stem = store[: -len(_NWB[store.lower().endswith(_NWB[1])])]
        is_folder = store in asset.listing.folders
        named = modality_of(stem) is not None or stem in (primary, asset.name.source, asset.listing.name)
        if named and (store.endswith(".nwb.zarr") or not is_folder):
            continue
        expected = f"{stem}.nwb.zarr" if named else f"{primary or '<primary asset>'}.nwb.zarr"
        message = f"{store} is named neither <modality>.nwb.zarr nor {expected}"
        if named:
            message = f"{store} is a Zarr store and is not named {expected}"
        yield Fault(message, store, found=store, expected=expected, fix=f"Rename it to {expected}")


def _primary(asset: Asset) -> str | None:
    """The raw asset that this one goes back to."""
    name = asset.name
    while name.source is not None:
        name = parse_name(name.source)
    return name.text if name is not asset.name else None


def _label(asset: Asset, labels: list[str]) -> Iterator[Fault]:
    folders, label = asset.listing.keys.tops, asset.name.label
    if not folders or label is None:
        return
    right = {label, label.partition("-")[0], *labels}
    if not right.intersection(folders):
        message = f"no folder is named {label}, as the label of the asset's name is"
        yield Fault(message, found=", ".join(sorted(folders)[:5]), expected=label)
