"""From what a user names to the assets to check."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from aind_lint.asset.listing.listing import named_path
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.errors import NoAssetError, UsageError, os_error_reason
from aind_lint.sidecar.kinds import KINDS, SIDECARS

_DATE = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}-?[0-9]{2}-?[0-9]{2}(?![0-9])")
_WINDOWS = os.name == "nt"
#: Endings of upload manifests.
YAML_SUFFIXES = (".yml", ".yaml")
#: Kinds that describe equipment or a subject for many assets to come; repositories keep such files without any asset.
_KEPT_KINDS = ("procedures", "rig", "instrument")
_KEPT = re.compile(rf"(?:{'|'.join(_KEPT_KINDS)})(?:_.+)?\.json")
#: Paths whose change concerns an asset: sidecars, unmerged or kept ones too, in any case of letters.
SIDECAR_PATH = rf"(?i)(^|/)({'|'.join(KINDS)}|({'|'.join(('acquisition', *_KEPT_KINDS))})_[^/]+)\.json$"
#: Folders that belong to tools; no asset is looked for inside them.
_TOOL_FOLDERS = frozenset(["node_modules", "__pycache__", "venv", "site-packages"])


@dataclass
class DiscoveredPaths:
    """What was found to check.

    Attributes:
        assets: Folders that are assets, in the order of their paths.
        sidecars: Sidecars that lie outside any asset.
        manifests: Upload manifests, each of one asset.
        ignored: How many folders were passed over because nothing marks them as assets.
    """

    assets: list[Path] = field(default_factory=list)
    sidecars: list[Path] = field(default_factory=list)
    manifests: list[Path] = field(default_factory=list)
    ignored: int = 0

    def __bool__(self) -> bool:
        return bool(self.assets or self.sidecars or self.manifests)

    def add(self, other: DiscoveredPaths) -> None:
        """Take in what another path led to, each asset once."""
        self.assets += [path for path in other.assets if path not in self.assets]
        self.sidecars += [path for path in other.sidecars if path not in self.sidecars]
        self.manifests += [path for path in other.manifests if path not in self.manifests]
        self.ignored += other.ignored


def is_asset(folder: Path) -> bool:
    """Whether a folder is a candidate: by its name, by a sidecar at its root, or by a date in its name.

    A date, or a folder named as a modality, marks an asset that was named wrongly; but a folder of a day, or of a
    project, that holds assets is their parent.
    """
    if _is_named_as_asset(folder) or _has_sidecar(folder):
        return True
    return not VOCABULARY.modality_folders.isdisjoint(_folders(folder)) and not _holds_assets(folder)


def discover(path: Path) -> DiscoveredPaths:
    """What a path that a user named leads to.

    A folder is an asset, or a parent whose assets are looked for at any depth but never inside one another. A file
    is a sidecar by itself, and so is one that a folder below a parent, or a repository, keeps without an asset; or it
    is an upload manifest, which is looked for in no folder.

    Raises:
        UsageError: The path does not exist or cannot be read.
        NoAssetError: It is there, but neither an asset nor a parent of one.
    """
    try:
        is_file, is_folder, is_link, exists = path.is_file(), path.is_dir(), path.is_symlink(), path.exists()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_error_reason(error)}") from None
    if is_file:
        if path.suffix.lower() in YAML_SUFFIXES:
            return DiscoveredPaths(manifests=[path])
        if path.suffix.lower() != ".json":
            raise NoAssetError(
                f"{path} is neither an asset's folder nor a sidecar (a .json file) nor an upload manifest (a .yml file)"
            )
        return DiscoveredPaths(sidecars=[path])
    if exists and not is_folder:
        raise UsageError(f"{path} is neither a file nor a folder")
    if not exists:
        raise UsageError(f"{path} {'is a link that leads nowhere' if is_link else 'does not exist'}")
    if not _entries(path):
        raise NoAssetError(f"{path} is empty")
    is_repository = (path / ".git").exists()
    if is_asset(path) and not (is_repository and _kept_sidecars(path)):
        return DiscoveredPaths(assets=[path])
    targets = DiscoveredPaths(sidecars=_kept_sidecars(path))
    _search(path, targets)
    if not targets:
        raise NoAssetError(
            f"{path} holds no asset: neither it nor a folder below it has a date in its name or a sidecar "
            "(data_description.json, subject.json, …) at its root"
        )
    return targets


def find_owning_assets(changed: Iterable[Path]) -> DiscoveredPaths:
    """The assets that own changed files, and changed sidecars that no asset owns.

    The files may be gone: a deleted sidecar concerns the asset it was deleted from. The owner is the outermost asset
    around a file: an asset inside another is the outer one's fault.
    """
    owns = cache(is_owning_asset)
    assets: set[Path] = set()
    sidecars: set[Path] = set()
    for path in changed:
        owner = next((parent for parent in reversed(path.parents) if owns(parent)), None)
        if owner is not None:
            assets.add(owner)
        elif (path.name in SIDECARS or _KEPT.fullmatch(path.name)) and path.is_file():
            sidecars.add(path)
    return DiscoveredPaths(sorted(assets), sorted(sidecars))


def reject_parent_folder(folder: Path) -> None:
    """Raise NoAssetError for a folder that is no asset but holds some."""
    if is_asset(folder):
        return
    targets = DiscoveredPaths()
    _search(folder, targets)
    if targets.assets:
        parent = min((asset.parent for asset in targets.assets), key=lambda path: len(path.parts)).as_posix()
        raise NoAssetError(
            f"{folder} is no asset but holds {len(targets.assets):,} of them; "
            f"publish them by name: aind-lint publish {shlex.quote(parent)}/*"
        )


def is_owning_asset(folder: Path) -> bool:
    """Whether a folder is the asset of the files in it.

    A folder of a repository that merely holds sidecars of one kind is an asset only under an asset's name.
    """
    return folder.is_dir() and (_is_named_as_asset(folder) or (folder / "data_description.json").is_file())


def _is_named_as_asset(folder: Path) -> bool:
    name = named_path(folder).name
    return parse_name(name).form is not None or (_DATE.search(name) is not None and not _holds_assets(folder))


def _has_sidecar(folder: Path) -> bool:
    return not set(SIDECARS).isdisjoint(_entries(folder))


def _kept_sidecars(folder: Path) -> list[Path]:
    """The sidecars of a folder that keeps descriptions of equipment or subjects and is no asset itself."""
    names = _entries(folder)
    kept = sorted(name for name in names if _KEPT.fullmatch(name) and (folder / name).is_file())
    others = set(SIDECARS).difference(kept).intersection(names)
    if others or _is_named_as_asset(folder) or not VOCABULARY.modality_folders.isdisjoint(names):
        return []
    return [folder / name for name in kept]


def _holds_assets(folder: Path) -> bool:
    """Whether assets lie in a folder, or in its folders.

    Recorders name what they write after the session, so one level down a name needs a sidecar beside it.
    """
    children = [folder / name for name in _folders(folder)]
    grandchildren = (child / name for child in children for name in _folders(child))
    return any(parse_name(child.name).form is not None for child in children) or any(
        parse_name(grandchild.name).form is not None and _has_sidecar(grandchild) for grandchild in grandchildren
    )


def _search(folder: Path, targets: DiscoveredPaths) -> None:
    for name in sorted(_folders(folder)):
        if name.startswith(".") or name in _TOOL_FOLDERS:
            continue
        child = folder / name
        kept = _kept_sidecars(child)
        if not kept and is_asset(child):
            targets.assets.append(child)
            continue
        targets.sidecars += kept
        found = len(targets.assets) + len(targets.sidecars)
        _search(child, targets)
        if not kept and len(targets.assets) + len(targets.sidecars) == found:
            targets.ignored += 1


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are enough, and no Path need be made for each
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {os_error_reason(error)}") from None


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if _is_own_folder(entry)]
    except OSError as error:
        raise UsageError(f"cannot read the folder {folder}: {os_error_reason(error)}") from None


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder and no link; junctions of Windows are links that look like folders."""
    if not _WINDOWS or not entry.is_dir(follow_symlinks=False):
        return entry.is_dir(follow_symlinks=False)
    attributes: int = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return not attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT
