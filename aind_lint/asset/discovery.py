"""From what a user names to the assets to check."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from aind_lint.asset.name import parse_name
from aind_lint.asset.sidecar import SIDECARS
from aind_lint.asset.vocabulary import MODALITY_FOLDERS
from aind_lint.errors import NoAssetError, UsageError

_DATE = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}-?[0-9]{2}-?[0-9]{2}(?![0-9])")
#: Folders that belong to tools; no asset is looked for inside them.
_TOOL_FOLDERS = frozenset(["node_modules", "__pycache__", "venv", "site-packages"])


@dataclass
class Targets:
    """What was found to check.

    Attributes:
        assets: Folders that are assets, in the order of their paths.
        sidecars: Sidecars that lie outside any asset.
        ignored: How many folders were passed over because nothing marks them as assets.
    """

    assets: list[Path] = field(default_factory=list)
    sidecars: list[Path] = field(default_factory=list)
    ignored: int = 0

    def __bool__(self) -> bool:
        return bool(self.assets or self.sidecars)

    def add(self, other: Targets) -> None:
        """Take in what another path led to, each asset once."""
        self.assets += [path for path in other.assets if path not in self.assets]
        self.sidecars += [path for path in other.sidecars if path not in self.sidecars]
        self.ignored += other.ignored


def is_asset(folder: Path) -> bool:
    """Whether a folder is a candidate: by its name, by a sidecar at its root, or by a date in its name.

    A date, or a folder named as a modality, marks an asset that was named wrongly; but a folder of a day that holds
    assets is their parent.
    """
    name = folder.name or folder.resolve().name
    if parse_name(name).form is not None or not set(SIDECARS).isdisjoint(_entries(folder)):
        return True
    children = _folders(folder)
    if not _DATE.search(name) and MODALITY_FOLDERS.isdisjoint(children):
        return False
    return not any(parse_name(child).form is not None for child in children)


def find_targets(path: Path) -> Targets:
    """What a path that a user named leads to.

    A folder is an asset, or a parent whose assets are looked for at any depth but never inside one another. A file
    is a sidecar by itself.

    Raises:
        UsageError: The path does not exist or cannot be read.
        NoAssetError: It is there, but neither an asset nor a parent of one.
    """
    if path.is_file():
        if path.suffix.lower() != ".json":
            raise NoAssetError(f"{path} is neither an asset's folder nor a sidecar (a .json file)")
        return Targets(sidecars=[path])
    if not path.is_dir():
        reason = "is a link that leads nowhere" if path.is_symlink() else "does not exist"
        raise UsageError(f"{path} {reason}")
    if not _entries(path):
        raise NoAssetError(f"{path} is empty")
    if is_asset(path):
        return Targets(assets=[path])
    targets = Targets()
    _search(path, targets)
    if not targets:
        raise NoAssetError(
            f"{path} holds no asset: neither it nor a folder below it has a date in its name or a sidecar "
            "(data_description.json, subject.json, …) at its root"
        )
    return targets


def find_owners(changed: Iterable[Path]) -> Targets:
    """The assets that own changed files, and changed sidecars that no asset owns.

    The files may be gone: a deleted sidecar concerns the asset it was deleted from.
    """
    targets = Targets()
    for path in changed:
        owner = _owner(path)
        if owner is not None:
            targets.add(Targets(assets=[owner]))
        elif path.name in SIDECARS and path.is_file():
            targets.add(Targets(sidecars=[path]))
    targets.assets.sort()
    targets.sidecars.sort()
    return targets


def _owner(path: Path) -> Path | None:
    """The outermost folder around ``path`` that is an asset: an asset inside another is the outer one's fault."""
    owner = None
    for parent in path.parents:
        if not parent.name or not parent.is_dir():
            continue
        # A folder of a repository that merely holds sidecars is an asset only under an asset's name.
        named = parse_name(parent.name).form is not None or _DATE.search(parent.name)
        if named or "data_description.json" in _entries(parent):
            owner = parent
    return owner


def _search(folder: Path, targets: Targets) -> None:
    for name in sorted(_folders(folder)):
        if name.startswith(".") or name in _TOOL_FOLDERS:
            continue
        child = folder / name
        if is_asset(child):
            targets.assets.append(child)
            continue
        found = len(targets.assets)
        _search(child, targets)
        if len(targets.assets) == found:
            targets.ignored += 1


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are enough, and no Path need be made for each
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {(error.strerror or str(error)).lower()}") from None


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
