"""`abandon_asset`: the use case behind ``aind-lint abandon``."""

from __future__ import annotations

from collections.abc import Callable

from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from aind_lint.errors import DeclinedError
from aind_lint.publication.abandonment import AbandonResult, Unfinished, abandon, find_unfinished
from aind_lint.publication.step_log import log_detail, log_messages


def abandon_asset(
    name: str,
    where: str,
    *,
    confirm: Callable[[Store, Unfinished], bool],
    wait: float = 0.0,
    connection: Connection = Connection(),
    on_message: Callable[[str], None] = lambda text: None,
) -> tuple[Store, AbandonResult | None]:
    """End the unfinished publication of an asset and remove the objects that it stored.

    Args:
        name: The asset's name.
        where: The bucket: ``s3://bucket``, or a folder used as a bucket.
        confirm: Called before anything is written; False cancels.
        wait: Minimum seconds to wait before objects are removed; the store may require more.
        connection: How to reach S3.
        on_message: Called with one line of text when the program waits or retries.

    Returns:
        The bucket, and what was removed; None if the last publication has ended already.

    Raises:
        NoAssetError: There is no unfinished publication.
        ConflictError: The asset is published, about to be, or still being written.
        BucketError: The bucket cannot be read or written.
        DeclinedError: ``confirm`` returned False; it is a `UsageError`.
    """
    on_message = log_messages(on_message, name)
    store = open_store(where, connection, on_retry=on_message)
    unfinished = find_unfinished(store, name)
    if unfinished is None:
        return store, None
    log_detail(name, "attempt %d in %s is unfinished", unfinished.attempt, store.url)
    if not confirm(store, unfinished):
        raise DeclinedError("Nothing was removed: you answered no.")
    result = abandon(store, name, unfinished.attempt, wait, on_message=on_message)
    log_detail(name, "abandoned: %d objects removed, %d uploads aborted", result.removed, result.uploads)
    return store, result
