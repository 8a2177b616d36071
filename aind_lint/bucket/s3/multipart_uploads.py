"""Uploads in parts as the server knows them: begun, listed, given up."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aind_lint.bucket.s3.checksum_negotiation import ChecksumNegotiator
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.store import MultipartUpload
from aind_lint.bucket.upload_context import TAG
from aind_lint.errors import BucketError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Seconds for giving up uploads when a run is interrupted; a person waits.
_STOP_SECONDS = 1.0


class MultipartUploads:
    """The uploads of one bucket.

    Attributes:
        stopping: Set when no more may be begun.
    """

    def __init__(self, client: BucketClient, proof: ChecksumNegotiator) -> None:
        self.stopping = Event()
        self._client = client
        self._proof = proof
        self._lock = Lock()
        self._unfinished: set[tuple[str, str]] = set()
        self._beginning = 0

    def begin(self, key: str, tag: str) -> Any:
        """Begin an upload; the server's reply."""
        with self._lock:
            self._beginning += 1
        try:
            made = self._create(key, tag)
            self.own(key, made["UploadId"])
            return made
        finally:
            with self._lock:
                self._beginning -= 1

    def own(self, key: str, upload: str) -> None:
        """Take note that this run sends parts to an upload."""
        with self._lock:
            self._unfinished.add((key, upload))

    def disown(self, key: str, upload: str) -> None:
        """Take note that it does so no more."""
        with self._lock:
            self._unfinished.discard((key, upload))

    def _create(self, key: str, tag: str) -> Any:
        while True:
            kind = self._proof.kind
            whole: Any = {"ChecksumAlgorithm": kind, "ChecksumType": "FULL_OBJECT"} if kind.startswith("CRC") else {}
            try:
                return self._client.call(
                    "write",
                    lambda s3: s3.create_multipart_upload(
                        Bucket=self._client.bucket,
                        Key=key,
                        Metadata={TAG: tag},
                        **whole,  # noqa: B023
                    ),
                    expected_errors=self._proof.refusals,
                )
            except ClientError as error:
                self._proof.refused(kind, error)

    def stop(self) -> None:
        """Give up the uploads that are not finished, also those that are just being begun; no more are begun.

        It is best effort within a second: what is left is found again, and completed or aborted, by the next run.
        """
        self.stopping.set()
        tried: set[tuple[str, str]] = set()
        until = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < until:
            with self._lock:
                found, done = self._unfinished - tried, not self._unfinished and not self._beginning
            if done:
                return
            for key, upload in found:
                Thread(target=self._abort_once, args=(key, upload), daemon=True).start()
            tried |= found
            time.sleep(0.01)

    def _abort_once(self, key: str, upload: str) -> None:
        with suppress(Exception):
            self._client.s3.abort_multipart_upload(Bucket=self._client.bucket, Key=key, UploadId=upload)
            self.disown(key, upload)

    def listed(self, prefix: str) -> list[MultipartUpload]:
        """Every unfinished upload whose key begins with ``prefix``."""

        def fetch(s3: S3Client) -> list[MultipartUpload]:
            pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._client.bucket, Prefix=prefix)
            return [
                MultipartUpload(item["Key"], item["UploadId"]) for page in pages for item in page.get("Uploads", [])
            ]

        return self._client.call("list uploads in", fetch)

    def parts(self, key: str, upload: str) -> dict[int, Any]:
        """What the server says of the parts of an upload, by number.

        Raises:
            ClientError: The upload is over.
            BucketError: They cannot be listed.
        """

        def fetch(s3: S3Client) -> list[Any]:
            pages = s3.get_paginator("list_parts").paginate(Bucket=self._client.bucket, Key=key, UploadId=upload)
            return [item for page in pages for item in page.get("Parts", [])]

        found = self._client.call("list parts in", fetch, expected_errors=("NoSuchUpload", "404"))
        return {item["PartNumber"]: item for item in found}

    def abort(self, key: str, upload: str) -> None:
        """Give up an upload; one that is over already is no failure."""
        with suppress(ClientError):
            self._client.call(
                "abort an upload to",
                lambda s3: s3.abort_multipart_upload(Bucket=self._client.bucket, Key=key, UploadId=upload),
                expected_errors=("NoSuchUpload", "404"),
            )
        self.disown(key, upload)

    def leave(self, key: str, upload: str) -> None:
        """Give up an upload of this run that is of no use any more; without the permission it stays open."""
        with suppress(BucketError):
            self.abort(key, upload)
