"""The assets in a bucket, as listings that rules can look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from aind_lint.asset.listing.file_table import FileTable
from aind_lint.asset.listing.listing import FileStat, Listing, folders_of
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.bucket.address import Connection, is_s3, split_s3
from aind_lint.bucket.control_objects import INDEXER_FOLDER
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from aind_lint.errors import NoAssetError
from aind_lint.sidecar.kinds import SIDECARS


@dataclass(frozen=True)
class Place:
    """An ``s3://`` address; every process that needs its store opens one, once.

    Attributes:
        address: The address.
        connection: How to reach S3.
    """

    address: str
    connection: Connection

    @cached_property
    def store(self) -> Store:
        """The store at the address."""
        return open_store(self.address, self.connection)

    def __reduce__(self) -> tuple[type[Place], tuple[str, Connection]]:
        return Place, (self.address, self.connection)


def find_bucket_assets(address: str, connection: Connection) -> list[tuple[Place, str]]:
    """The assets at an ``s3://`` address, each with its place and name: the one it names, or every one directly below.

    Raises:
        NoAssetError: There is none.
        BucketError: The bucket cannot be read.
    """
    bucket, prefix = split_s3(address)
    parent, _, name = prefix.rpartition("/")
    above = Place(f"s3://{bucket}/{parent}".rstrip("/"), connection)
    if name and parse_name(name).form is not None:
        return [(above, name)]
    place = Place(address.rstrip("/"), connection)
    names = [folder for folder in place.store.folders("") if parse_name(folder).form is not None]
    if not names:
        if name and any(stored.key in SIDECARS for stored in place.store.scan("")):
            return [(above, name)]
        raise NoAssetError(f"{address} holds no asset")
    return [(place, asset) for asset in names]


def list_asset(store: Store, name: str) -> Listing:
    """The listing of one asset of a store.

    Raises:
        NoAssetError: The store holds nothing under that name.
        BucketError: The store cannot be read.
    """
    start = len(name) + 1
    found = ((stored.key[start:], stored.size, 0) for stored in store.scan(f"{name}/") if len(stored.key) > start)
    files = FileTable.of(found, FileTable.COLUMNS)
    if not files:
        raise NoAssetError(f"{store.url} holds nothing under {name}/")
    return Listing(
        name=name,
        address=f"{store.url}/{name}",
        files=files,
        open=lambda key: store.open(f"{name}/{key}"),
        folders=folders_of(files),
        enclosing_asset=lambda: _outer_asset(store.url),
        sibling=lambda name, depth: list_sidecars(store, name),
    )


def list_sidecars(store: Store, name: str) -> Listing | None:
    """An asset of a store with nothing but its sidecars and the first copies that the indexer keeps of them.

    That costs a few requests, however many objects the asset has. None when there is no such asset.

    Raises:
        BucketError: The store cannot be read.
    """
    start = len(name) + 1
    stored = [item for key in SIDECARS if (item := store.head(f"{name}/{key}"))]
    stored += store.scan(f"{name}/{INDEXER_FOLDER}/")
    files = {item.key[start:]: FileStat(item.size) for item in stored}
    return Listing(name, f"{store.url}/{name}", files, lambda key: store.open(f"{name}/{key}")) if files else None


def _outer_asset(address: str) -> str | None:
    """The part of an ``s3://`` address that is the name of an asset."""
    parts = split_s3(address)[1].split("/") if is_s3(address) else []
    return next((part for part in reversed(parts) if (name := parse_name(part)).form and not name.problems), None)
