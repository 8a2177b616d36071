"""From what a user names to assets, loaded one at a time: folders, sidecars, upload manifests, prefixes in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aind_lint.asset.asset import Asset
from aind_lint.asset.discovery import YAML_SUFFIXES, Targets, find_owners, find_targets
from aind_lint.asset.listing import FileStat, Listing, OnProgress, scan_folder
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.errors import NoAssetError, UsageError


@dataclass
class Found:
    """What there is to check.

    Attributes:
        loaders: For every asset, how to load it; loading reads the listing.
        ignored: How many folders were passed over because nothing marks them as assets.
        without_asset: For paths that led to no asset, one sentence each.
    """

    loaders: list[Callable[[], Asset]] = field(default_factory=list)
    ignored: int = 0
    without_asset: list[str] = field(default_factory=list)


def find_assets(paths: list[str], from_files: bool, connection: Connection, on_listed: OnProgress | None) -> Found:
    """What the paths of a user lead to.

    Args:
        paths: Paths, or ``s3://`` addresses.
        from_files: The paths are changed files; the assets that own them are meant.
        connection: How to reach S3.
        on_listed: Told how many files of an asset have been listed while it is loaded.

    Raises:
        UsageError: A path does not exist or cannot be read.
        BucketError: A bucket cannot be read.
    """
    found = Found()
    targets = find_owners(Path(path) for path in paths) if from_files else Targets()
    for path in [] if from_files else paths:
        try:
            if is_s3(path):
                found.loaders += _bucket_assets(path, connection)
            else:
                targets.add(find_targets(Path(path)))
        except NoAssetError as error:
            found.without_asset.append(str(error))
        except OSError as error:
            raise unreadable(path, error) from None
    found.loaders += [_folder_loader(path, on_listed) for path in targets.assets]
    found.loaders += [_sidecar_loader(path) for path in targets.sidecars]
    found.loaders += [_manifest_loader(path, on_listed) for path in targets.manifests]
    found.ignored = targets.ignored
    return found


def load_candidate(path: Path, on_listed: OnProgress | None = None) -> Asset:
    """The asset that a path stands for, to be published: a folder, or what an upload manifest says.

    Raises:
        UsageError: The path cannot be read.
        NoAssetError: It holds no file.
    """
    load = _manifest_loader if _is_manifest(path) else _folder_loader
    asset = load(path, on_listed)()
    if not asset.listing.files:
        raise NoAssetError(f"{path} is empty" if asset.upload is None else f"{path} names no file that is there")
    return asset


def refuse_no_asset(path: Path) -> None:
    """Raise UsageError for a path that is neither a folder nor an upload manifest."""
    try:
        if not path.is_dir() and not _is_manifest(path):
            raise UsageError(f"{path} is not a folder" if path.exists() else f"{path} does not exist")
    except OSError as error:
        raise unreadable(path, error) from None


def _is_manifest(path: Path) -> bool:
    return path.suffix.lower() in YAML_SUFFIXES and path.is_file()


def _folder_loader(path: Path, on_listed: OnProgress | None) -> Callable[[], Asset]:
    return lambda: Asset(scan_folder(path, on_listed))


def _manifest_loader(path: Path, on_listed: OnProgress | None) -> Callable[[], Asset]:
    def load() -> Asset:
        from aind_lint.asset.assembly import load_upload

        return load_upload(path, on_listed)

    return load


def _sidecar_loader(path: Path) -> Callable[[], Asset]:
    def load() -> Asset:
        info = path.stat()
        files = {path.name: FileStat(info.st_size, info.st_mtime_ns)}
        return Asset(Listing(path.name, path.as_posix(), files, lambda key: path.open("rb")), sidecar_only=True)

    return load


def _bucket_assets(address: str, connection: Connection) -> list[Callable[[], Asset]]:
    from aind_lint.bucket.assets import find_bucket_assets

    def load(listing: Callable[[], Listing]) -> Callable[[], Asset]:
        return lambda: Asset(listing())

    return [load(listing) for listing in find_bucket_assets(address, connection)]


def unreadable(path: Path | str, error: OSError) -> UsageError:
    """The failure to read a path, as one sentence."""
    return UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}")
