"""`verify_asset`: the use case behind ``aind-lint verify``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.step_log import log_detail
from aind_lint.publication.verification import Verification, verify_copy, verify_published
from aind_lint.system.disk_paths import path_on_disk


def _ignore(count: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class VerifyCallbacks:
    """What is called during a verification.

    Attributes:
        on_listed: Called with the number of local files listed.
        on_read: Called with the number of bytes of local files read.
        on_compared: Called with the number of objects compared by checksum.
    """

    on_listed: Callable[[int], None] = _ignore
    on_read: Callable[[int], None] = _ignore
    on_compared: Callable[[int], None] = _ignore


def verify_asset(
    asset: str,
    where: str,
    *,
    deep: bool = False,
    connection: Connection = Connection(),
    callbacks: VerifyCallbacks = VerifyCallbacks(),
) -> tuple[Store, Verification]:
    """Compare an asset with what a bucket has of it.

    Args:
        asset: A local folder, whose files are compared; or the name of a published asset, whose manifest is compared.
        where: The bucket: ``s3://bucket``, or a folder used as a bucket.
        deep: Compare the checksum of every object, not only keys and sizes.
        connection: How to reach S3.
        callbacks: What is called.

    Returns:
        The bucket, and what the comparison found.

    Raises:
        NoAssetError: The bucket does not have the asset.
        ConflictError: The asset is not published.
        BucketError: The bucket cannot be read.
        UsageError: The folder cannot be read, or the address is invalid.
    """
    store = open_store(where, connection)
    folder = path_on_disk(Path(asset))
    if folder.is_dir():
        listing = scan_folder(folder, callbacks.on_listed)
        plan = plan_publication(Asset(listing), lambda progress: callbacks.on_read(progress.size))
        result = verify_copy(store, plan.manifest, deep, callbacks.on_compared)
    else:
        result = verify_published(store, asset.rstrip("/\\"), deep, callbacks.on_compared)
    found = (result.files, result.size, store.url, result.differences.total, result.unlisted.total)
    log_detail(result.asset, "%d files (%d bytes) compared with %s: %d differences, %d unlisted keys", *found)
    return store, result
