"""Finds out whether a server keeps existing objects, before anything depends on it.

Some S3-compatible servers ignore ``If-None-Match: *``, or refuse it. On such a server two publishers could overwrite
each other's objects, and both would report success. So the claim, which is stored already, is written again, byte for
byte: only a server that refuses this write can be trusted. On a server that carries it out, nothing has changed.
"""

from __future__ import annotations

from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import CONTROL_FOLDER, MAX_RECORD, Claim, claim_key, decode_claim
from aind_lint.bucket.store import Store
from aind_lint.errors import DamagedError, UnsupportedServerError


def probe_conditions(store: Store, asset: str, attempt: int) -> Claim:
    """Test that a PUT does not replace the claim of an attempt; the claim.

    Args:
        store: The destination.
        asset: The asset's name.
        attempt: The attempt, which must have a claim.

    Raises:
        UnsupportedServerError: The store replaces existing objects.
        DamagedError: The claim is not in a known format.
        BucketError: The store cannot be read or written.
    """
    key = f"{asset}/{claim_key(attempt)}"
    raw = _read(store, key)
    if store.create(key, Body.of_bytes(raw)) is not None:
        raise _unsupported(store, "a PUT", f"The object {key} is")
    try:
        return decode_claim(raw)
    except DamagedError as error:
        raise DamagedError(f"{store.url}/{key}: {error}") from None


def probe_completion(store: Store, asset: str, attempt: int) -> None:
    """Test that the completion of a multipart upload does not replace the claim of an attempt.

    Raises:
        UnsupportedServerError: The store replaces existing objects.
        BucketError: The store cannot be read or written.
    """
    key = f"{asset}/{claim_key(attempt)}"
    if not store.refuses_completion(key, Body.of_bytes(_read(store, key))):
        raise _unsupported(store, "CompleteMultipartUpload", f"The objects in {asset}/{CONTROL_FOLDER}/ are")


def _read(store: Store, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read(MAX_RECORD)


def _unsupported(store: Store, request: str, left: str) -> UnsupportedServerError:
    return UnsupportedServerError(
        f"the server of {store.url} replaced an existing object: it ignores If-None-Match of {request}. On this server "
        f"two publications can overwrite each other, so aind-lint does not publish to it. {left} left there, and "
        "nothing else was written. The page Servers of the documentation lists servers that work"
    )
