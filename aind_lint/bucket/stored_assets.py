"""The assets in a bucket, as listings for the rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import blake2b

from aind_lint.asset.data_stores import (
    DATA_SUFFIXES,
    contains_recording,
    looks_like_store,
)
from aind_lint.asset.indexer_keys import INDEXER_FOLDER, is_indexer_key
from aind_lint.asset.listing.file_table import FileRow, FileTable
from aind_lint.asset.listing.listing import FileStat, Listing, folders_of
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.bucket.address import Connection, is_s3, split_s3
from aind_lint.bucket.control_objects import DATA_DESCRIPTION
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.sidecar_contents import SidecarContents
from aind_lint.bucket.store import Store, StoredObject
from aind_lint.errors import NoAssetError, UnfinishedAssetError
from aind_lint.sidecar.kinds import SIDECARS, is_unmerged
from aind_lint.system.concurrency_limits import RANGE_REQUESTS

#: The key that `doctor` writes to test a bucket.
_PROBE = ".aind-lint-probe"

#: Folders that are listed one by one to find stores among them: 100 requests, as for the data of one asset.
_MAX_LISTED_FOLDERS = 100


@dataclass(frozen=True)
class BucketLocation:
    """An ``s3://`` address whose store is opened when it is needed, once per process.

    Attributes:
        address: The address.
        connection: How to connect to S3.
    """

    address: str
    connection: Connection

    @cached_property
    def store(self) -> Store:
        """The store at the address."""
        return open_store(self.address, self.connection)

    def __reduce__(self) -> tuple[type[BucketLocation], tuple[str, Connection]]:
        return BucketLocation, (self.address, self.connection)


@dataclass(frozen=True)
class BucketContents:
    """What is at an ``s3://`` address.

    Attributes:
        assets: The assets, each with its location and name.
        data: Stores and data files outside any asset, each with its location and name.
        ignored: Prefixes and objects that are not assets, each with its address and the reason.
    """

    assets: list[tuple[BucketLocation, str]]
    ignored: list[str] = field(default_factory=list)
    data: list[tuple[BucketLocation, str]] = field(default_factory=list)


def find_bucket_assets(address: str, connection: Connection) -> BucketContents:
    """The asset, store or data file at an ``s3://`` address, or those directly below it.

    Stores that only their metadata shows, not their name, are searched only where there are no assets and at most 100
    folders: each folder needs a request.

    Raises:
        NoAssetError: There is nothing that can be checked.
        BucketError: The bucket cannot be read.
    """
    bucket, prefix = split_s3(address)
    parent, _, name = prefix.rpartition("/")
    parent_location = BucketLocation(f"s3://{bucket}/{parent}".rstrip("/"), connection)
    parsed = parse_name(name)
    if name and parsed.form is not None and not parsed.problems:
        return BucketContents([(parent_location, name)])
    location = BucketLocation(address.rstrip("/"), connection)
    folders, found = location.store.scan_level("")
    objects = [stored.key for stored in found]
    names = [folder for folder in folders if parse_name(folder).form is not None]
    has_sidecar = any(key in SIDECARS for key in objects)
    is_file = not folders and not objects and _is_data_file(parent_location, name)
    is_store = looks_like_store(name, objects) or (
        parsed.subject_id is None and _contains_recording(location.store, "", folders, objects)
    )
    if name and not has_sidecar and (is_store or is_file):
        return BucketContents([], data=[(parent_location, name)])
    if name and (parsed.form is not None or (has_sidecar and not names)):
        return BucketContents([(parent_location, name)])
    others = [folder for folder in folders if folder not in names]
    may_list = not names and len(others) <= _MAX_LISTED_FOLDERS
    data = [folder for folder in others if _is_store(location.store, folder, may_list)]
    data += [key for key in objects if key.lower().endswith(DATA_SUFFIXES)]
    ignored = [f"{location.address}/{folder}/: not the name of an asset" for folder in others if folder not in data]
    unknown = [key for key in objects if key not in data and key != _PROBE]
    ignored += [f"{location.address}/{key}: an object outside any asset" for key in unknown]
    if not names and not data:
        contains = f"; it contains {len(ignored):,} others, such as {ignored[0]}" if ignored else ""
        raise NoAssetError(f"{address} contains no asset, store or data file{contains}")
    return BucketContents([(location, asset) for asset in names], ignored, [(location, name) for name in data])


def _is_store(store: Store, folder: str, may_list: bool) -> bool:
    """Whether a folder is a store by its name or, if it may be listed, by what is in it."""
    if looks_like_store(folder, ()):
        return True
    if not may_list:
        return False
    folders, objects = store.scan_level(f"{folder}/")
    names = {stored.key[len(folder) + 1 :] for stored in objects}
    if not names.isdisjoint(SIDECARS):
        return False
    return looks_like_store(folder, names) or _contains_recording(store, f"{folder}/", folders, names)


def _contains_recording(store: Store, start: str, folders: Collection[str], names: Collection[str]) -> bool:
    def level(prefix: str) -> tuple[list[str], list[str]]:
        below, objects = store.scan_level(start + prefix)
        return list(below), [stored.key.rpartition("/")[2] for stored in objects]

    return contains_recording(folders, names, level)


def list_asset(store: Store, name: str) -> Listing:
    """The listing of one asset of a store.

    Raises:
        NoAssetError: The store contains nothing under that name, or an unfinished publication.
        BucketError: The store cannot be read.
    """
    start = len(name) + 1
    version = _VersionDigest()
    sidecars: dict[str, StoredObject] = {}

    def rows() -> Iterator[FileRow]:
        for stored in store.scan(f"{name}/"):
            key = stored.key[start:]
            if not key:
                continue
            version.add(stored)
            if key in SIDECARS or ("/" not in key and is_unmerged(key)):
                sidecars[key] = stored
            yield key, stored.size, 0

    files = FileTable.of(rows(), FileTable.COLUMNS)
    if not files:
        raise NoAssetError(f"{store.url} contains nothing under {name}/")
    if DATA_DESCRIPTION not in files and (attempt := _attempt_in(files)):
        raise UnfinishedAssetError(
            f"{store.url}/{name}: an unfinished publication (attempt {attempt}), not an asset yet; finish it with "
            f"'aind-lint publish', or remove it with 'aind-lint abandon {name} --in {store.url}'"
        )
    contents = SidecarContents(store, name, sidecars)
    return Listing(
        name=name,
        address=f"{store.url}/{name}",
        files=files,
        open=contents.open,
        open_range=lambda key, start, length: store.open_range(f"{name}/{key}", start, length),
        range_requests=RANGE_REQUESTS,
        folders=folders_of(files),
        enclosing_asset=lambda: _outer_asset(store.url),
        sibling=_cached_sibling(store, contents),
        version=version.hexdigest(),
    )


def _is_data_file(location: BucketLocation, name: str) -> bool:
    return name.lower().endswith(DATA_SUFFIXES) and any(
        stored.key == name for stored in location.store.scan(name, limit=1)
    )


def list_stored_data(store: Store, name: str) -> Listing:
    """The listing of a store, or of a data file, outside any asset.

    Raises:
        NoAssetError: There is nothing under that name.
        BucketError: The store cannot be read.
    """
    stored = next((one for one in store.scan(name, limit=1) if one.key == name), None)
    if stored is None:
        return list_asset(store, name)
    version = _VersionDigest()
    version.add(stored)
    return Listing(
        name=name,
        address=f"{store.url}/{name}",
        files={name: FileStat(stored.size)},
        open=store.open,
        open_range=store.open_range,
        range_requests=RANGE_REQUESTS,
        version=version.hexdigest(),
    )


class _VersionDigest:
    """A digest of key, size and ETag of objects in any order."""

    def __init__(self) -> None:
        self._sum = 0
        self._is_complete = True

    def add(self, stored: StoredObject) -> None:
        self._is_complete = self._is_complete and stored.etag is not None
        row = f"{stored.key}\0{stored.size}\0{stored.etag}".encode("utf-8", "surrogatepass")
        self._sum += int.from_bytes(blake2b(row, digest_size=16).digest(), "big")

    def hexdigest(self) -> str:
        """The digest; empty if an object has no ETag."""
        return f"{self._sum % 2**128:032x}" if self._is_complete else ""


def _attempt_in(files: Mapping[str, FileStat]) -> int:
    """The number of the last attempt that has a claim; 0 if there is none."""
    claims = (re.fullmatch(r"\.aind-lint/claim-([0-9]{1,9})\.json", key) for key in files)
    return max((int(match[1]) for match in claims if match), default=0)


def list_sidecars(store: Store, name: str) -> Listing | None:
    """The listing of an asset of a store with its sidecars and the indexer's copies of them only.

    This takes one listing of the objects at the root, and one of the copies if there are any, for any number of
    objects. None if there is no asset.

    Raises:
        BucketError: The store cannot be read.
    """
    return _list_sidecars(store, name, None)


def _list_sidecars(store: Store, name: str, others: SidecarContents | None) -> Listing | None:
    start = len(name) + 1
    folders, objects = store.scan_level(f"{name}/")
    stored = {item.key[start:]: item for item in objects if item.key[start:] in SIDECARS}
    contents = SidecarContents(store, name, stored, others)
    copies = store.scan(f"{name}/{INDEXER_FOLDER}/") if INDEXER_FOLDER in folders else iter(())
    stored |= {item.key[start:]: item for item in copies if is_indexer_key(item.key[start:])}
    if not stored:
        return None
    version = _VersionDigest()
    for item in stored.values():
        version.add(item)
    files = {key: FileStat(item.size) for key, item in stored.items()}
    return Listing(name, f"{store.url}/{name}", files, contents.open, version=version.hexdigest())


def _cached_sibling(store: Store, contents: SidecarContents) -> Callable[[str, int | None], Listing | None]:
    """Lists the sidecars of another asset, once for all rules."""
    listed = cache(lambda name: _list_sidecars(store, name, contents))
    return lambda name, depth: listed(name)


def _outer_asset(address: str) -> str | None:
    """The last part of an ``s3://`` address that is a valid asset name."""
    parts = split_s3(address)[1].split("/") if is_s3(address) else []
    return next((part for part in reversed(parts) if (name := parse_name(part)).form and not name.problems), None)
