"""Does a file lie at the root that is neither metadata nor a note?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine import verb
from aind_lint.engine.telling import tell
from aind_lint.engine.verb import Fault
from aind_lint.engine.world import World

NEEDS_DATA = True


class Options(verb.Options):
    """Endings of the files that may lie there."""

    endings: list[str]


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault]:
    """Yield a fault for every other file."""
    endings = tuple(options.endings)
    loose = ((name, 1) for name in asset.listing.root_files if not name.lower().endswith(endings))
    yield from tell(loose, lambda key: "lies at the root, in the folder of no modality")
