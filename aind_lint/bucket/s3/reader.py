"""The objects of a bucket of AWS S3 or of a compatible server, as far as they are read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, BinaryIO, NoReturn

from botocore.exceptions import ClientError

from aind_lint.bucket.batch_read import ObjectContent, ObjectRequest
from aind_lint.bucket.rate_limiter import NO_RATE_LIMIT, RateLimiter
from aind_lint.bucket.s3.bucket_listing import BucketListing
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.probes import version_of
from aind_lint.bucket.s3.s3_errors import explain, not_s3_error, require_etag
from aind_lint.bucket.s3.small_objects.request_signer import S3RequestSigner
from aind_lint.bucket.s3.small_objects.threaded_reads import read_in_threads
from aind_lint.bucket.s3.streams import ObjectReader
from aind_lint.bucket.store import StoredObject
from aind_lint.bucket.upload_context import TAG
from aind_lint.errors import BucketError
from aind_lint.system.compiled_packages import is_available
from aind_lint.system.concurrency_limits import MAX_REQUESTS, LoopLimits

_READ_SIZE = 1 << 18

#: Codes of S3 for an object that does not exist.
MISSING = ("404", "NoSuchKey", "NotFound")


class S3Reader(BucketListing):
    """The objects of one bucket below an optional prefix.

    Attributes:
        url: The address.
    """

    def __init__(self, client: BucketClient, prefix: str = "") -> None:
        """Read with a client below a prefix, which is not part of keys."""
        super().__init__(client, f"{prefix.strip('/')}/" if prefix.strip("/") else "")
        self._bucket = client.bucket
        self.url = client.url

    def head(self, key: str) -> StoredObject | None:
        """One object with its stored checksum."""
        found = self._head(self._root + key)
        if found is None:
            return None
        etag = require_etag(found, self.url, "HEAD")
        # A COMPOSITE checksum depends on the part sizes, so it cannot be compared with the plan.
        is_full_object = found.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
        crc = found.get("ChecksumCRC64NVME") if is_full_object else None
        checksums = {"ETag": etag, "CRC32C": found.get("ChecksumCRC32C") if is_full_object else None}
        return StoredObject(
            key,
            found["ContentLength"],
            crc,
            found.get("Metadata", {}).get(TAG),
            version_of(found),
            {name: value for name, value in checksums.items() if value} if crc is None else {},
            etag,
        )

    def _head(self, key: str) -> Any:
        try:
            return self._client.call(
                "look at",
                lambda s3: s3.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED"),
                expected_errors=MISSING,
            )
        except ClientError:
            # A missing bucket gives the same response; an earlier LIST has excluded it.
            return None

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        return self._open(self._root + key)

    def _open(self, key: str, **arguments: Any) -> BinaryIO:
        response: Any = self._client.call("read", lambda s3: s3.get_object(Bucket=self._bucket, Key=key, **arguments))
        require_etag(response, self.url, "GET")
        if "Range" in arguments and "ContentRange" not in response:
            raise not_s3_error(self.url, "it returns a whole object to a request for a part")
        return io.BufferedReader(ObjectReader(response["Body"], self._fail_reading), _READ_SIZE)

    def open_range(self, key: str, start: int, length: int) -> BinaryIO:
        """A part of an object's bytes."""
        if length <= 0:
            return io.BytesIO()
        return self._open(self._root + key, Range=f"bytes={start}-{start + length - 1}")

    def read_many(
        self, requests: Iterable[ObjectRequest], rate_limiter: RateLimiter = NO_RATE_LIMIT
    ) -> Iterator[ObjectContent]:
        """Many small objects, with many requests at once."""
        signer = S3RequestSigner(self._client, self._root, "read")
        if not is_available("pycurl"):
            return read_in_threads(self._client, self._root, signer, requests, rate_limiter)
        from aind_lint.bucket.s3.small_objects.read_loop import ReadLoop

        return ReadLoop(signer, LoopLimits.of(MAX_REQUESTS), rate_limiter).run(requests)

    def _fail_reading(self, error: Exception) -> NoReturn:
        raise BucketError(f"cannot read {self.url}: {explain(error, 'read')}") from None

    @cached_property
    def is_public(self) -> bool | None:
        """What the bucket's policy says; None without the permission to read it, or without a policy."""
        try:
            answer = self._client.call("read", lambda s3: s3.get_bucket_policy_status(Bucket=self._bucket))
        except BucketError:
            return None
        return answer.get("PolicyStatus", {}).get("IsPublic")

    def age(self, key: str) -> float:
        """Seconds since an object was stored, by the server's clock."""
        found = self._head(self._root + key)
        if found is None:
            raise BucketError(f"{key} is no longer in {self.url}")
        headers = found["ResponseMetadata"]["HTTPHeaders"]
        if "date" not in headers:
            raise not_s3_error(self.url, "a response has no date")
        now = parsedate_to_datetime(headers["date"])
        return float((now - found["LastModified"]).total_seconds())
