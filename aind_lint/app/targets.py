"""From what a user names to assets, loaded one at a time: folders, sidecars, upload manifests, prefixes in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aind_lint.asset.discovery import YAML_SUFFIXES, DiscoveredPaths, discover, find_owning_assets, reject_parent_folder
from aind_lint.asset.listing.listing import FileStat, Listing, OnProgress, scan_folder
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.errors import NoAssetError, UsageError, os_error_reason

if TYPE_CHECKING:
    from aind_lint.asset.asset import Asset
    from aind_lint.bucket.stored_assets import BucketLocation


@dataclass(frozen=True)
class Candidate:
    """Something to check, not read yet; another process can read it as well.

    Attributes:
        where: The place as a person writes it.
        kind: What it is; only folders and sidecars are on this machine and nothing but a listing.
        scan: Lists it; for an upload manifest, assembles the whole asset.
    """

    where: str
    kind: Literal["folder", "sidecar", "manifest", "bucket"]
    scan: Callable[[OnProgress | None], Listing | Asset]

    def load(self, listing: Listing | Asset) -> Asset:
        """The asset, from what `scan` gave."""
        return _asset(listing, self.kind == "sidecar") if isinstance(listing, Listing) else listing


@dataclass
class Found:
    """What there is to check.

    Attributes:
        candidates: Every asset, before it is read.
        ignored: How many folders were passed over because nothing marks them as assets.
        without_asset: For paths that led to no asset, one sentence each.
    """

    candidates: list[Candidate] = field(default_factory=list)
    ignored: int = 0
    without_asset: list[str] = field(default_factory=list)


def find_assets(paths: list[str], from_files: bool, connection: Connection) -> Found:
    """What the paths of a user lead to.

    Args:
        paths: Paths, or ``s3://`` addresses.
        from_files: The paths are changed files; the assets that own them are meant.
        connection: How to reach S3.

    Raises:
        UsageError: A path does not exist or cannot be read.
        BucketError: A bucket cannot be read.
    """
    found = Found()
    targets = find_owning_assets(Path(path) for path in paths) if from_files else DiscoveredPaths()
    for path in [] if from_files else paths:
        try:
            if is_s3(path):
                found.candidates += _bucket_assets(path, connection)
            else:
                targets.add(discover(Path(path)))
        except NoAssetError as error:
            found.without_asset.append(str(error))
        except OSError as error:
            raise unreadable(path, error) from None
    found.candidates += [Candidate(str(path), "folder", partial(scan_folder, path)) for path in targets.assets]
    found.candidates += [Candidate(str(path), "sidecar", partial(_list_sidecar, path)) for path in targets.sidecars]
    found.candidates += [Candidate(str(path), "manifest", partial(_assemble, path)) for path in targets.manifests]
    found.ignored = targets.ignored
    return found


def load_candidate(path: Path, on_listed: OnProgress | None = None) -> Asset:
    """The asset that a path stands for, to be published: a folder, or what an upload manifest says.

    Raises:
        UsageError: The path cannot be read.
        NoAssetError: It holds no file.
    """
    asset = _assemble(path, on_listed) if _is_manifest(path) else _asset(scan_folder(path, on_listed))
    if not asset.listing.files:
        raise NoAssetError(f"{path} is empty" if asset.upload is None else f"{path} names no file that is there")
    return asset


def refuse_no_asset(path: Path) -> None:
    """Refuse a path that cannot be one asset.

    Raises:
        UsageError: It is neither a folder nor an upload manifest.
        NoAssetError: It is a folder of assets.
    """
    try:
        if path.is_dir():
            reject_parent_folder(path)
        elif not _is_manifest(path):
            raise UsageError(f"{path} is not a folder" if path.exists() else f"{path} does not exist")
    except OSError as error:
        raise unreadable(path, error) from None


def _is_manifest(path: Path) -> bool:
    return path.suffix.lower() in YAML_SUFFIXES and path.is_file()


def _asset(listing: Listing, sidecar_only: bool = False) -> Asset:
    from aind_lint.asset.asset import Asset  # with the schemas' versions, which a start need not load

    return Asset(listing, sidecar_only=sidecar_only)


def _assemble(path: Path, on_listed: OnProgress | None) -> Asset:
    from aind_lint.asset.upload_assembly import load_upload

    return load_upload(path, on_listed)


def _list_sidecar(path: Path, on_listed: OnProgress | None) -> Listing:
    info = path.stat()
    files = {path.name: FileStat(info.st_size, info.st_mtime_ns)}
    return Listing(path.name, path.as_posix(), files, lambda key: path.open("rb"))


def _bucket_assets(address: str, connection: Connection) -> list[Candidate]:
    from aind_lint.bucket.stored_assets import find_bucket_assets

    return [
        Candidate(f"{place.address}/{name}", "bucket", partial(_list_stored, place, name))
        for place, name in find_bucket_assets(address, connection)
    ]


def _list_stored(place: BucketLocation, name: str, on_listed: OnProgress | None) -> Listing:
    from aind_lint.bucket.stored_assets import list_asset

    return list_asset(place.store, name)


def unreadable(path: Path | str, error: OSError) -> UsageError:
    """The failure to read a path, as one sentence."""
    return UsageError(f"cannot read {path}: {os_error_reason(error)}")
