"""What `fix` changes: assets, and single sidecars, which the paths of a user lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from aind_lint.asset.discovery import (
    DiscoveredPaths,
    discover,
    find_owning_assets,
    is_asset,
    standalone_sidecars,
)
from aind_lint.asset.listing.entry_kind import is_link
from aind_lint.asset.listing.folder_scan import named_path
from aind_lint.bucket.address import is_s3
from aind_lint.errors import NoAssetError, UsageError, os_error_reason
from aind_lint.fix.published import owner_to_fix
from aind_lint.system.disk_paths import path_on_disk


@dataclass(frozen=True)
class FixTarget:
    """An asset or a sidecar to fix.

    Attributes:
        where: The path as users write it.
        folder: The folder of the asset, which need not exist if its fix renamed it; of a sidecar outside any asset the
            folder that contains it.
        sidecar: The name of the only file to fix; None for the whole asset.
        is_outside: Whether the sidecar is outside any asset.
    """

    where: str
    folder: Path
    sidecar: str | None = None
    is_outside: bool = False

    def renamed(self, folder: Path, sidecar: str | None = None) -> FixTarget:
        """The target after a fix.

        Args:
            folder: The folder of the asset.
            sidecar: The name of the sidecar; None if it is as before.
        """
        sidecar = sidecar or self.sidecar
        if (folder, sidecar) == (self.folder, self.sidecar) and folder.exists():
            return self
        where = Path(self.where).parent if Path(self.where).name else folder.parent
        if self.sidecar is None:
            return replace(self, where=str(where / folder.name), folder=folder)
        return replace(self, where=str(where / str(sidecar)), folder=folder, sidecar=sidecar)


def find_fix_targets(path: str) -> list[FixTarget]:
    """The assets and sidecars that a path leads to. A path that does not exist can be the former name of an asset.

    Raises:
        UsageError: The path is in a bucket, is a link, is no sidecar, or cannot be read.
        NoAssetError: A folder is not an asset and contains none.
    """
    if is_s3(path):
        raise UsageError(f"{path} is in a bucket; 'aind-lint fix' changes only folders on this computer")
    found = path_on_disk(Path(path))
    try:
        if is_link(named_path(found).lstat()):
            raise UsageError(f"{path} is a link; name the file or folder itself: {found.resolve()}")
        if found.is_file():
            return [_sidecar_target(found)]
        # A folder of rigs or instruments is no asset, although its check reports what an asset would need.
        if is_asset(found) and not standalone_sidecars(found):
            return [FixTarget(path, named_path(found))]
        inside = DiscoveredPaths(sidecars=standalone_sidecars(found)) or discover(found)
    except FileNotFoundError:
        return [FixTarget(path, named_path(found))]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_error_reason(error)}") from None
    targets = [FixTarget(str(asset), named_path(asset)) for asset in inside.assets]
    targets += [_sidecar_target(sidecar) for sidecar in inside.sidecars]
    if not targets:
        raise NoAssetError(f"{path} is not an asset and contains none that 'aind-lint fix' can change")
    return targets


def targets_of_files(files: tuple[str, ...]) -> Iterator[FixTarget]:
    """The assets that changed files belong to, and changed sidecars outside any asset.

    Raises:
        UsageError: A folder cannot be read.
    """
    found = find_owning_assets(Path(path) for path in files)
    yield from (FixTarget(str(asset), named_path(asset)) for asset in found.assets)
    yield from (_sidecar_target(sidecar) for sidecar in found.sidecars)


def _sidecar_target(path: Path) -> FixTarget:
    return FixTarget(str(path), named_path(path).parent, path.name, is_outside=owner_to_fix(path) is None)
