"""Multipart uploads on the server: create, list, abort."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aind_lint.bucket.s3.checksum_negotiation import ChecksumNegotiator
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.unexpected_responses import PageSequence, UnexpectedResponseError
from aind_lint.bucket.store import MultipartUpload
from aind_lint.bucket.upload_context import TAG
from aind_lint.errors import BucketError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Seconds for aborting uploads when a run is interrupted and the user waits.
_STOP_SECONDS = 1.0


class MultipartUploads:
    """The multipart uploads of one bucket.

    Attributes:
        stopping: Set when no more may be created.
    """

    def __init__(self, client: BucketClient, negotiator: ChecksumNegotiator) -> None:
        self.stopping = Event()
        self._client = client
        self._negotiator = negotiator
        self._lock = Lock()
        self._tracked: set[tuple[str, str]] = set()
        self._creating = 0

    def create(self, key: str, tag: str) -> Any:
        """Create an upload; the server's response."""
        with self._lock:
            self._creating += 1
        try:
            made = self._request(key, tag)
            self.add(key, made["UploadId"])
            return made
        finally:
            with self._lock:
                self._creating -= 1

    def add(self, key: str, upload: str) -> None:
        """Note that this run sends parts to an upload, which `stop` must abort."""
        with self._lock:
            self._tracked.add((key, upload))

    def discard(self, key: str, upload: str) -> None:
        """Note that this run no longer sends parts to an upload."""
        with self._lock:
            self._tracked.discard((key, upload))

    def _request(self, key: str, tag: str) -> Any:
        while True:
            kind = self._negotiator.kind
            full_object: Any = (
                {"ChecksumAlgorithm": kind, "ChecksumType": "FULL_OBJECT"} if kind.startswith("CRC") else {}
            )
            try:
                return self._client.call(
                    "write",
                    lambda s3: s3.create_multipart_upload(
                        Bucket=self._client.bucket,
                        Key=key,
                        Metadata={TAG: tag},
                        **full_object,  # noqa: B023
                    ),
                    expected_errors=self._negotiator.refusal_codes,
                )
            except ClientError as error:
                self._negotiator.note_refusal(kind, error)

    def stop(self) -> None:
        """Abort the unfinished uploads of this run, also those being created; create no more.

        Best effort within a second: the next run finds the remaining ones, and completes or aborts them.
        """
        self.stopping.set()
        aborted: set[tuple[str, str]] = set()
        until = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < until:
            with self._lock:
                found, done = self._tracked - aborted, not self._tracked and not self._creating
            if done:
                return
            for key, upload in found:
                Thread(target=self._abort_once, args=(key, upload), daemon=True).start()
            aborted |= found
            time.sleep(0.01)

    def _abort_once(self, key: str, upload: str) -> None:
        with suppress(Exception):
            self._client.s3.abort_multipart_upload(Bucket=self._client.bucket, Key=key, UploadId=upload)
            self.discard(key, upload)

    def find(self, prefix: str) -> list[MultipartUpload]:
        """Every unfinished upload whose key begins with ``prefix``."""

        def fetch(s3: S3Client) -> list[MultipartUpload]:
            pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._client.bucket, Prefix=prefix)
            return [
                MultipartUpload(
                    item["Key"], item["UploadId"], item["Initiated"].isoformat() if "Initiated" in item else None
                )
                for item in _items(pages, "Uploads", "UploadId")
            ]

        return self._client.call("list uploads in", fetch)

    def parts(self, key: str, upload: str) -> dict[int, Any]:
        """The stored parts of an upload by number, as the server lists them.

        Raises:
            ClientError: The upload no longer exists.
            BucketError: They cannot be listed.
        """

        def fetch(s3: S3Client) -> list[Any]:
            pages = s3.get_paginator("list_parts").paginate(Bucket=self._client.bucket, Key=key, UploadId=upload)
            return list(_items(pages, "Parts", "ETag"))

        found = self._client.call("list parts in", fetch, expected_errors=("NoSuchUpload", "404"))
        return {item["PartNumber"]: item for item in found}

    def abort(self, key: str, upload: str) -> None:
        """Abort an upload; one that no longer exists is not a failure."""
        with suppress(ClientError):
            self._client.call(
                "abort an upload to",
                lambda s3: s3.abort_multipart_upload(Bucket=self._client.bucket, Key=key, UploadId=upload),
                expected_errors=("NoSuchUpload", "404"),
            )
        self.discard(key, upload)

    def try_abort(self, key: str, upload: str) -> None:
        """Abort an upload of this run that is no longer needed; without the permission it stays open."""
        with suppress(BucketError):
            self.abort(key, upload)


def _items(pages: Iterable[Any], name: str, identity: str) -> Iterator[Any]:
    """The items of all pages of a listing, which must come to an end; each must have an ``identity``."""
    sequence = PageSequence()
    for number, page in enumerate(pages):
        items = page.get(name, [])
        if not all(identity in item for item in items):
            raise UnexpectedResponseError("its listing has an incomplete entry")
        first = f"{items[0].get('PartNumber')} {items[0][identity]}" if items else None
        sequence.check(str(number) if page.get("IsTruncated") else None, first)
        yield from items
