"""Does a derived asset hold its source's files, under other names of the same content?"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault, Unchecked
from aind_lint.engine.world import World

NEEDS_DATA = True


class Options(verb.Options):
    """Nothing to choose."""


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every symbolic link into the source, and for every file that is also one of the source's."""
    source = asset.name.source
    if source is None:
        return
    for key, target in sorted(asset.listing.links.items()):
        whole = posixpath.normpath(posixpath.join(posixpath.dirname(key), target.replace("\\", "/")))
        if source in whole.split("/"):
            yield Fault(f"{key} is a link into the source {source}", key, found=target)
    if os.name == "nt" and asset.listing.beside(source, 0) is not None:
        yield Unchecked("on Windows a listing does not tell which files are hard links")
    if not asset.listing.shared:
        return
    beside = asset.listing.beside(source, None)
    theirs = {identity: key for key, identity in beside.shared.items()} if beside else {}
    for key, identity in sorted(asset.listing.shared.items()):
        if identity in theirs:
            other = f"{source}/{theirs[identity]}"
            yield Fault(f"{key} is a hard link to {other}: a change of one changes both", key, found=other)
