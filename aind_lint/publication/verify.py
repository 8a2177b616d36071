"""Comparing an asset with what the bucket holds of it, after the fact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aind_lint.asset.manifest import Manifest
from aind_lint.bucket.comparison import Differences, compare_content, compare_listing, compare_manifests
from aind_lint.bucket.control import DATA_DESCRIPTION, FOLDER, attempts
from aind_lint.bucket.holding import read_end, read_manifest
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError, ConflictError, NoAssetError
from aind_lint.publication.uploads import open_uploads


@dataclass(frozen=True)
class Verification:
    """What a comparison found.

    Attributes:
        asset: The asset's name.
        files: How many files were compared.
        size: Their bytes.
        deep: Whether every object's checksum was looked at.
        differences: Where bucket and asset differ; empty when they agree.
        uploads: Keys to which an upload in parts was begun and never ended; they take room and are no part of the
            asset. None when they may not be listed.
    """

    asset: str
    files: int
    size: int
    deep: bool
    differences: Differences
    uploads: tuple[str, ...] | None = ()


def published_manifest(store: Store, name: str) -> Manifest:
    """The manifest with which an asset was committed.

    Raises:
        NoAssetError: The bucket does not hold the asset.
        ConflictError: It does, but without a committed manifest: unfinished, or published by another tool.
    """
    if store.head(f"{name}/{DATA_DESCRIPTION}") is None:
        if next(store.scan(f"{name}/", limit=1), None) is None:
            raise NoAssetError(f"{store.url} does not hold {name}")
        raise ConflictError(f"{name} in {store.url} is not finished: it has no {DATA_DESCRIPTION}")
    standing = attempts(stored.key.removeprefix(f"{name}/") for stored in store.scan(f"{name}/{FOLDER}/"))
    last = max(standing, default=0)
    if last == 0 or not {"manifest", "end"} <= standing[last]:
        raise ConflictError(
            f"{name} in {store.url} was not published with this tool, so it has no manifest; "
            "give the folder of the local copy to compare with"
        )
    manifest = read_manifest(store, name, last)
    if read_end(store, name, last).content_id != manifest.content_id:
        raise ConflictError(f"the manifest of {name} in {store.url} is not the one that was committed")
    return manifest


def verify_published(
    store: Store, name: str, deep: bool = False, on_compared: Callable[[int], None] | None = None
) -> Verification:
    """Compare what a bucket holds of an asset with the manifest it was committed with.

    Args:
        store: The bucket.
        name: The asset's name.
        deep: Look at the checksum of every object, not only at keys and sizes.
        on_compared: Told how many objects have been looked at.

    Raises:
        NoAssetError: The bucket does not hold the asset.
        ConflictError: It does, but without a committed manifest.
    """
    return _verify(store, published_manifest(store, name), deep, Differences(), on_compared)


def verify_copy(
    store: Store, local: Manifest, deep: bool = False, on_compared: Callable[[int], None] | None = None
) -> Verification:
    """Compare what a bucket holds of an asset with a local copy.

    A copy of an asset that another tool published is compared with the objects themselves.

    Args:
        store: The bucket.
        local: The content of the copy.
        deep: Look at the checksum of every object, not only at keys and sizes.
        on_compared: Told how many objects have been looked at.

    Raises:
        NoAssetError: The bucket does not hold the asset.
    """
    try:
        published = published_manifest(store, local.asset)
    except ConflictError:
        return _verify(store, local, deep, Differences(), on_compared)
    return _verify(store, local, deep, Differences.of(compare_manifests(local, published)), on_compared)


def _verify(
    store: Store,
    manifest: Manifest,
    deep: bool,
    found: Differences,
    on_compared: Callable[[int], None] | None,
) -> Verification:
    differences = found or Differences.of(compare_listing(manifest, store, manifest.asset))
    if deep and not differences:
        differences = Differences.of(compare_content(manifest, store, manifest.asset, on_compared))
    return Verification(manifest.asset, len(manifest), manifest.size, deep, differences, _uploads(store, manifest))


def _uploads(store: Store, manifest: Manifest) -> tuple[str, ...] | None:
    try:
        return tuple(upload.key[len(manifest.asset) + 1 :] for upload in open_uploads(store, manifest))
    except BucketError:  # who may read a public bucket may not see these
        return None
