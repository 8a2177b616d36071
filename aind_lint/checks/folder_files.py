"""Does every folder of a kind hold what its file standard demands, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.asset.keys import keys_like
from aind_lint.engine import verb
from aind_lint.engine.telling import tell
from aind_lint.engine.verb import Fault
from aind_lint.engine.world import World

NEEDS_DATA = True


class Options(verb.Options):
    """Which folders, and what is demanded of the files and folders that lie directly in them.

    Attributes:
        folders: Globs of the folders; ``**/`` stands for any folders.
        must: Names, each of which must be there; ``*`` stands for anything, and a folder's name ends with a slash.
        any_of: Names of which one must be there.
        together: Names that are all there or none.
        may: When given, files that may be there beside those; others are faults.
        anywhere: Whether the files may also lie deeper.
        what: What such a folder is, for the message: "the folder of a camera".
    """

    folders: list[str] = Field(min_length=1)
    must: list[str] = []
    any_of: list[str] = []
    together: list[str] = []
    may: list[str] | None = None
    anywhere: bool = False
    what: str


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault]:
    """Yield a fault for every folder that lacks something, and for every file that has no place in one."""
    for folder in asset.listing.keys.folders_like(options.folders):
        names = _names(asset, folder, options.anywhere)
        missing = [name for name in options.must if not _is_there(name, names)]
        if options.any_of and not any(_is_there(name, names) for name in options.any_of):
            missing.append(" or ".join(options.any_of))
        present = [name for name in options.together if _is_there(name, names)]
        if present:
            missing += [name for name in options.together if name not in present]
        if missing and names:
            message = f"{folder}, {options.what}, lacks {', '.join(missing)}"
            yield Fault(message, folder, found=folder, expected=", ".join(missing))
        if options.may is not None:
            allowed = keys_like((*options.must, *options.any_of, *options.together, *options.may))
            files = sorted(name for name in names if not name.endswith("/"))
            strays = {f"{folder}/{name}": 1 for name in files if not allowed.fullmatch(name)}
            yield from tell(strays, lambda key: f"has no place in {options.what}")


def _names(asset: Asset, folder: str, anywhere: bool) -> list[str]:
    if not anywhere:
        inner = asset.listing.keys.folders_in.get(folder, ())
        return [*asset.listing.by_folder.get(folder, ()), *(f"{name}/" for name in inner)]
    start = f"{folder}/"
    return [key.rpartition("/")[2] for key in asset.listing.files if key.startswith(start)]


def _is_there(name: str, names: list[str]) -> bool:
    if "*" not in name and "?" not in name:
        return name in names
    pattern = keys_like((name,))
    return any(pattern.fullmatch(each) for each in names)
