"""Is there an asset inside the asset?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.grammar import parse_name
from aind_lint.asset.stamp import STAMP
from aind_lint.bucket.control import DATA_DESCRIPTION
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault
from aind_lint.engine.world import World


class Options(verb.Options):
    """Nothing to choose."""


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault]:
    """Yield a fault for every folder that is an asset by itself, but not for what lies inside one already found."""
    found: list[str] = []
    for folder in sorted(asset.listing.folders):
        if any(folder.startswith(f"{outer}/") for outer in found):
            continue
        reason = _reason(asset, folder)
        if reason:
            found.append(folder)
            name = folder.rpartition("/")[2]
            fix = f"Move {name} out of {asset.listing.name}, beside it"
            yield Fault(f"the folder {folder} is an asset of its own: {reason}", folder, found=name, fix=fix)


def _reason(asset: Asset, folder: str) -> str | None:
    if f"{folder}/{DATA_DESCRIPTION}" in asset.listing.files:
        return f"it holds a {DATA_DESCRIPTION}"
    name = folder.rpartition("/")[2]
    if not STAMP.search(name):  # which is told ten times as fast as the name is read
        return None
    parsed = parse_name(name)
    if parsed.problems or parsed.form is None:
        return None
    # Recorders name their folders after the session, so below the root only a derived name is telling.
    if parsed.form == "derived" or "/" not in folder:
        return f"its name is that of {'an' if parsed.form == 'analyzed' else 'a'} {parsed.form} asset"
    return None
