"""The assets in a bucket, as listings that rules can look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aind_lint.asset.grammar import parse_name
from aind_lint.asset.listing import FileStat, Listing, folders_of
from aind_lint.asset.sidecar import SIDECARS
from aind_lint.bucket.address import Connection, open_store, split_s3
from aind_lint.bucket.store import Store
from aind_lint.errors import NoAssetError


def find_bucket_assets(address: str, connection: Connection) -> list[Callable[[], Listing]]:
    """The assets at an ``s3://`` address: the one it names, or every one directly below it.

    Raises:
        NoAssetError: There is none.
        BucketError: The bucket cannot be read.
    """
    bucket, prefix = split_s3(address)
    parent, _, name = prefix.rpartition("/")
    if name and parse_name(name).form is not None:
        return [partial(list_asset, open_store(f"s3://{bucket}/{parent}", connection), name)]
    store = open_store(address, connection)
    names = [folder for folder in store.folders("") if parse_name(folder).form is not None]
    if not names:
        if name and any(stored.key in SIDECARS for stored in store.scan("")):
            return [partial(list_asset, open_store(f"s3://{bucket}/{parent}", connection), name)]
        raise NoAssetError(f"{address} holds no asset")
    return [partial(list_asset, store, asset) for asset in names]


def list_asset(store: Store, name: str) -> Listing:
    """The listing of one asset of a store.

    Raises:
        NoAssetError: The store holds nothing under that name.
        BucketError: The store cannot be read.
    """
    start = len(name) + 1
    files = {stored.key[start:]: FileStat(stored.size) for stored in store.scan(f"{name}/") if len(stored.key) > start}
    if not files:
        raise NoAssetError(f"{store.url} holds nothing under {name}/")
    return Listing(
        name=name,
        where=f"{store.url}/{name}",
        files=files,
        open=lambda key: store.open(f"{name}/{key}"),
        folders=folders_of(list(files)),
    )
