"""The source of a derived asset, and its sidecars before the indexer rewrote them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.asset.indexer_keys import is_copy_of
from aind_lint.bucket.store import Store
from aind_lint.bucket.stored_assets import list_sidecars
from aind_lint.sidecar.reader import read_sidecar


def find_source(asset: Asset, store: Store | None) -> Asset | None:
    """The source of a derived asset, next to it or in the destination, with its sidecars only.

    Raises:
        BucketError: The destination cannot be read.
        UsageError: The folder next to the asset cannot be read.
    """
    name = asset.name.source
    if name is None:
        return None
    listing = asset.listing.sibling(name, 1)
    if listing is None and store is not None:
        listing = list_sidecars(store, name)
    return None if listing is None else Asset(listing)


def sidecar_versions(asset: Asset, key: str) -> Iterator[dict[str, Any]]:
    """The content of a sidecar now, and before the bucket's indexer rewrote it."""
    sidecar = asset.sidecar(key)
    if sidecar is not None and sidecar.data is not None:
        yield sidecar.data
    for original in filter(partial(is_copy_of, key), asset.listing.files):
        with asset.listing.open(original) as stream:
            data = read_sidecar(original, stream.read()).data
        if data is not None:
            yield data
