"""Is a file or a folder of the asset empty?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.keys import keys_like
from aind_lint.engine import verb
from aind_lint.engine.telling import tell
from aind_lint.engine.verb import Fault
from aind_lint.engine.world import World


class Options(verb.Options):
    """What to find.

    Attributes:
        kind: Files of no bytes, or folders that hold no file at any depth.
        may_be: Keys that may be so: ``*`` is anything but a slash, ``**/`` any folders.
    """

    kind: Literal["file", "folder"]
    may_be: list[str] = []


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault]:
    """Yield a fault for every one; of empty folders inside one another, for the outermost."""
    found = _files(asset) if options.kind == "file" else _folders(asset)
    allowed = keys_like(tuple(options.may_be))
    empty = {key: 1 for key in sorted(found) if not (options.may_be and allowed.fullmatch(key))}
    yield from tell(empty, lambda key: "is empty")


def _files(asset: Asset) -> list[str]:
    return [key for key, entry in asset.listing.files.items() if entry.size == 0]


def _folders(asset: Asset) -> list[str]:
    listing = asset.listing
    filled: set[str] = set()
    for key in [*listing.files, *listing.links, *listing.specials]:
        while (key := key.rpartition("/")[0]) and key not in filled:
            filled.add(key)
    empty = [folder for folder in listing.folders if folder not in filled]
    return [folder for folder in empty if folder.rpartition("/")[0] in filled or "/" not in folder]
