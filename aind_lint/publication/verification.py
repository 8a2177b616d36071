"""Comparing an asset with what the bucket holds of it, after the fact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aind_lint.bucket.control_objects import DATA_DESCRIPTION, AttemptOutcome, End, is_control_key, manifest_key
from aind_lint.bucket.destination.comparison import Differences, compare_content, compare_listing, compare_manifests
from aind_lint.bucket.destination.destination_messages import (
    abandon_command,
    describe_state,
    started_at,
    suggest_action,
)
from aind_lint.bucket.destination.destination_state import (
    DestinationState,
    DestinationStatus,
    read_attempts,
    read_claim,
    read_end,
    read_manifest,
)
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.store import Store
from aind_lint.errors import AindLintError, BucketError, ConflictError, NoAssetError
from aind_lint.publication.upload.abort_uploads import open_uploads


@dataclass(frozen=True)
class Verification:
    """What a comparison found.

    Attributes:
        asset: The asset's name.
        files: How many files were compared.
        size: Their bytes.
        deep: Whether the checksum of every object was compared.
        differences: Where bucket and asset differ; empty when they are equal.
        unlisted: Stored keys that the published manifest does not list, so they are not part of the asset.
        uploads: Keys of unfinished multipart uploads, which use storage and are not part of the asset. None if the
            credentials may not list them.
    """

    asset: str
    files: int
    size: int
    deep: bool
    differences: Differences
    unlisted: Differences = field(default_factory=Differences)
    uploads: tuple[str, ...] | None = ()


class NoManifestError(ConflictError):
    """An asset is published, but there is no manifest to compare it with."""


def published_manifest(store: Store, name: str) -> Manifest:
    """The manifest with which an asset was committed.

    Raises:
        NoAssetError: The bucket does not hold the asset.
        NoManifestError: It does, but another tool has published it, or the manifest was lost.
        ConflictError: It is not published, or without having been committed.
    """
    published = store.head(f"{name}/{DATA_DESCRIPTION}") is not None
    attempts = read_attempts(store, name)
    last = max(attempts, default=0)
    end = read_end(store, name, last) if "end" in attempts.get(last, ()) else None
    if not published:
        raise _unpublished(store, name, last, end, "closed" in attempts.get(last, ()))
    if not attempts:
        raise NoManifestError(
            f"{name} in {store.url} was not published with this tool, so it has no manifest; "
            "give the folder of the local copy to compare with"
        )
    if end is None or end.outcome is not AttemptOutcome.COMMIT:
        said = end.outcome if end else "never decided"
        raise ConflictError(
            f"the publication of {name} in {store.url} was {said}, so another program has written its "
            f"{DATA_DESCRIPTION}, and the asset may be incomplete; contact the bucket owner"
        )
    if "manifest" not in attempts[last]:
        raise NoManifestError(
            f"{name}/{manifest_key(last)} in {store.url} is missing, although it was published with it; contact the "
            "bucket owner, and give the folder of the local copy to compare with"
        )
    manifest = read_manifest(store, name, last)
    if end.content_id != manifest.content_id:
        raise ConflictError(
            f"{name}/{manifest_key(last)} in {store.url} is not the manifest that was committed; "
            "contact the bucket owner"
        )
    return manifest


def _unpublished(store: Store, name: str, last: int, end: End | None, closed: bool) -> AindLintError:
    """What to say of an asset without ``data_description.json``."""
    if last == 0 or closed:
        start = len(name) + 1
        if all(is_control_key(stored.key[start:]) for stored in store.scan(f"{name}/")):
            return NoAssetError(f"{store.url} does not contain {name}")
        return ConflictError(
            f"{describe_state(DestinationState(DestinationStatus.FOREIGN), name, store.url)}; contact the bucket owner"
        )
    if end is not None and end.outcome is AttemptOutcome.ABANDONED:
        state = DestinationState(DestinationStatus.PARTIAL, last, outcome=AttemptOutcome.ABANDONED)
        return ConflictError(f"{describe_state(state, name, store.url)}. {suggest_action(state, name, store.url)}")
    way = "publish it again, which sends only what is missing"
    if end is None:
        way += f"; or, if it should never be published, run '{abandon_command(name, store.url)}'"
    return ConflictError(
        f"{name} in {store.url} is not finished{started_at(read_claim(store, name, last))}: "
        f"it has no {DATA_DESCRIPTION} yet; {way}"
    )


def verify_published(
    store: Store, name: str, deep: bool = False, on_compared: Callable[[int], None] | None = None
) -> Verification:
    """Compare what a bucket holds of an asset with the manifest it was committed with.

    Args:
        store: The bucket.
        name: The asset's name.
        deep: Compare the checksum of every object, not only keys and sizes.
        on_compared: Called with the number of objects compared so far.

    Raises:
        NoAssetError: The bucket does not hold the asset.
        ConflictError: It does, but without a committed manifest.
    """
    return _compare_named(store, published_manifest(store, name), deep, on_compared)


def verify_copy(
    store: Store, local: Manifest, deep: bool = False, on_compared: Callable[[int], None] | None = None
) -> Verification:
    """Compare what a bucket holds of an asset with a local copy.

    A copy of an asset without a manifest is compared with the objects themselves; each must be in the copy.

    Args:
        store: The bucket.
        local: The content of the copy.
        deep: Compare the checksum of every object, not only keys and sizes.
        on_compared: Called with the number of objects compared so far.

    Raises:
        NoAssetError: The bucket does not hold the asset.
        ConflictError: It is not published, or without having been committed.
    """
    try:
        published = published_manifest(store, local.asset)
    except NoManifestError:
        differences = Differences.of(compare_listing(local, store, local.asset))
        return _verify(store, local, deep, on_compared, differences, Differences())
    if differences := Differences.of(compare_manifests(local, published)):
        return _verify(store, local, deep, on_compared, differences, Differences())
    return _compare_named(store, published, deep, on_compared)


def _compare_named(
    store: Store, published: Manifest, deep: bool, on_compared: Callable[[int], None] | None
) -> Verification:
    """Compare what a manifest names; what else is there is no part of the asset."""
    differences, unlisted = Differences.partition(compare_listing(published, store, published.asset), "unlisted")
    return _verify(store, published, deep, on_compared, differences, unlisted)


def _verify(
    store: Store,
    manifest: Manifest,
    deep: bool,
    on_compared: Callable[[int], None] | None,
    differences: Differences,
    unlisted: Differences,
) -> Verification:
    if deep and not differences:
        differences = Differences.of(compare_content(manifest, store, manifest.asset, on_compared))
    uploads = _uploads(store, manifest)
    return Verification(manifest.asset, len(manifest), manifest.size, deep, differences, unlisted, uploads)


def _uploads(store: Store, manifest: Manifest) -> tuple[str, ...] | None:
    try:
        return tuple(upload.key[len(manifest.asset) + 1 :] for upload in open_uploads(store, manifest))
    except BucketError:  # who may read a public bucket may not see these
        return None
