"""The assets that a user's paths lead to: folders, sidecars, upload manifests, prefixes in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from aind_lint.asset.discovery import YAML_SUFFIXES, DiscoveredPaths, discover, find_owning_assets, reject_parent_folder
from aind_lint.asset.listing.folder_scan import OnListed, scan_folder
from aind_lint.asset.listing.listing import FileStat, Listing
from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.errors import NoAssetError, UsageError, os_error_reason
from aind_lint.system.disk_paths import path_on_disk

if TYPE_CHECKING:
    from aind_lint.asset.asset import Asset
    from aind_lint.asset.upload.upload_manifest import UploadManifest
    from aind_lint.bucket.stored_assets import BucketLocation

#: Raises UsageError to refuse an upload manifest.
Admit = Callable[["UploadManifest"], None]


#: Sidecars of a recording, with the sidecar that describes the instrument or rig.
_DESCRIBED_BY = {"session.json": "rig.json", "acquisition.json": "instrument.json"}


class CheckTarget(NamedTuple):
    """An asset to check that has not been read yet. It can be sent to another process, which reads it there.

    Attributes:
        where: The path or address, as users write it.
        kind: What the path leads to; "manifest" also for a job request or a job table, "data" for a store or file
            outside any asset.
        scan: Lists the files; for an upload manifest, assembles the asset.
    """

    where: str
    kind: Literal["folder", "sidecar", "manifest", "data", "bucket", "bucket data"]
    scan: Callable[[OnListed | None], Listing | Asset]

    def load(self, listing: Listing | Asset) -> Asset:
        """The asset, from the result of `scan`."""
        if not isinstance(listing, Listing):
            return listing
        return _asset(listing, sidecar_only=self.kind == "sidecar", data_only=self.kind in ("data", "bucket data"))

    @property
    def is_stored(self) -> bool:
        """Whether the files are in a bucket."""
        return self.kind in ("bucket", "bucket data")


@dataclass
class CheckTargets:
    """The assets to check.

    Attributes:
        targets: The assets.
        ignored: Number of folders that are not assets.
        ignored_names: What was ignored in buckets.
        without_asset: One sentence for each path that leads to no asset.
    """

    targets: list[CheckTarget] = field(default_factory=list)
    ignored: int = 0
    ignored_names: list[str] = field(default_factory=list)
    without_asset: list[str] = field(default_factory=list)


def find_targets(paths: list[str], from_files: bool, connection: Connection) -> CheckTargets:
    """The assets that paths lead to.

    Args:
        paths: Paths or ``s3://`` addresses.
        from_files: Whether the paths are changed files, whose assets are to be checked.
        connection: How to connect to S3.

    Raises:
        UsageError: A path does not exist or cannot be read.
        BucketError: A bucket cannot be read.
    """
    found = CheckTargets()
    discovered = find_owning_assets(Path(path) for path in paths) if from_files else DiscoveredPaths()
    for path in [] if from_files else paths:
        try:
            if is_s3(path):
                _add_bucket_assets(found, path, connection)
            else:
                discovered.add(discover(path_on_disk(Path(path))))
        except NoAssetError as error:
            found.without_asset.append(str(error))
        except OSError as error:
            raise read_error(path, error) from None
    found.targets += [CheckTarget(str(path), "folder", partial(scan_folder, path)) for path in discovered.assets]
    found.targets += [_sidecar_target(path, discovered.sidecars) for path in discovered.sidecars]
    found.targets += [CheckTarget(str(path), "manifest", partial(_assemble, path)) for path in discovered.manifests]
    found.targets += [CheckTarget(str(path), "manifest", partial(_list_jobs, path)) for path in discovered.job_requests]
    found.targets += [CheckTarget(str(path), "data", partial(list_data, path)) for path in discovered.data]
    found.ignored += discovered.ignored
    return found


def load_asset(path: Path, on_listed: OnListed | None = None, admit: Admit | None = None) -> Asset:
    """The asset to publish: a folder, or the asset that an upload manifest describes.

    Args:
        path: The folder or the manifest.
        on_listed: Called with the number of files listed so far.
        admit: Raises UsageError to refuse a manifest.

    Raises:
        UsageError: The path cannot be read.
        NoAssetError: The asset has no files.
    """
    asset = _assemble(path, on_listed, admit) if _is_manifest(path) else _asset(scan_folder(path, on_listed))
    if not asset.listing.files:
        if asset.upload is None:
            raise NoAssetError(f"{path} is empty")
        _refuse_other_yaml(path)
        raise NoAssetError(f"{path} names no existing file")
    return asset


def refuse_no_asset(path: Path) -> None:
    """Refuse a path that is not a single asset.

    Raises:
        UsageError: It is neither a folder nor an upload manifest.
        NoAssetError: It is a folder of assets.
    """
    try:
        if path.is_dir():
            reject_parent_folder(path)
        elif not _is_manifest(path):
            other = "is neither the folder of an asset nor an upload manifest (.yml)"
            raise UsageError(f"{path} {other if path.exists() else 'does not exist'}")
    except OSError as error:
        raise read_error(path, error) from None


def _sidecar_target(path: Path, given: list[Path]) -> CheckTarget:
    """A sidecar outside any asset, with the description of its instrument if exactly one is given, too."""
    described = [other for other in given if other.name == _DESCRIBED_BY.get(path.name)]
    beside = [other for other in described if other.parent == path.parent] or described
    if len(beside) == 1:
        return CheckTarget(str(path), "sidecar", partial(_compared_sidecar, path, beside[0]))
    return CheckTarget(str(path), "sidecar", partial(list_sidecar, path))


def _compared_sidecar(path: Path, companion: Path, on_listed: OnListed | None) -> Asset:
    from aind_lint.asset.asset import Asset  # as in _asset

    other = Asset(list_sidecar(companion), sidecar_only=True).sidecar(companion.name)
    companions = {} if other is None else {companion.name: other}
    return Asset(list_sidecar(path), sidecar_only=True, companions=companions)


def _is_manifest(path: Path) -> bool:
    return path.suffix.lower() in YAML_SUFFIXES and path.is_file()


def _asset(listing: Listing, sidecar_only: bool = False, data_only: bool = False) -> Asset:
    from aind_lint.asset.asset import Asset  # loads schema versions, which other commands do not need

    return Asset(listing, sidecar_only=sidecar_only, data_only=data_only)


def _assemble(path: Path, on_listed: OnListed | None, admit: Admit | None = None) -> Asset:
    from aind_lint.asset.upload_assembly import load_upload

    return load_upload(path, on_listed, admit) if admit else load_upload(path, on_listed)


def _refuse_other_yaml(path: Path) -> None:
    from aind_lint.asset.upload.upload_manifest import refuse_other_yaml  # as in _asset

    refuse_other_yaml(path)


def _list_jobs(path: Path, on_listed: OnListed | None) -> Asset:
    from aind_lint.asset.upload_assembly import load_job_request

    return load_job_request(path)


def list_sidecar(path: Path, on_listed: OnListed | None = None) -> Listing:
    """A single sidecar as the only file of a listing."""
    info = path.stat()
    files = {path.name: FileStat(info.st_size, info.st_mtime_ns)}
    return Listing(path.name, path.as_posix(), files, lambda key: path.open("rb"))


def list_data(path: Path, on_listed: OnListed | None) -> Listing:
    """The files of a store, or a data file, outside any asset."""
    if path.is_dir():
        return scan_folder(path, on_listed)
    info = path.stat()
    files = {path.name: FileStat(info.st_size, info.st_mtime_ns)}
    opener = NoFollowOpener(path.parent)
    return Listing(path.name, path.as_posix(), files, opener.open, root=path.parent, read_part=opener.read_part)


def _add_bucket_assets(found: CheckTargets, address: str, connection: Connection) -> None:
    from aind_lint.bucket.stored_assets import find_bucket_assets

    contents = find_bucket_assets(address, connection)
    found.targets += [
        CheckTarget(f"{place.address}/{name}", "bucket", partial(_list_stored, place, name))
        for place, name in contents.assets
    ]
    found.targets += [stored_data_target(place, name) for place, name in contents.data]
    found.ignored += len(contents.ignored)
    found.ignored_names += contents.ignored


def _list_stored(place: BucketLocation, name: str, on_listed: OnListed | None) -> Listing:
    from aind_lint.bucket.stored_assets import list_asset

    return list_asset(place.store, name)


def stored_data_target(place: BucketLocation, name: str) -> CheckTarget:
    """A store, or a data file, outside any asset in a bucket.

    Args:
        place: Where it is.
        name: Its name there.
    """
    return CheckTarget(f"{place.address}/{name}", "bucket data", partial(_list_stored_data, place, name))


def _list_stored_data(place: BucketLocation, name: str, on_listed: OnListed | None) -> Listing:
    from aind_lint.bucket.stored_assets import list_stored_data

    return list_stored_data(place.store, name)


def read_error(path: Path | str, error: OSError) -> UsageError:
    """The error that a path cannot be read."""
    return UsageError(f"cannot read {path}: {os_error_reason(error)}")
