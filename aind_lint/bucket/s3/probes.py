"""Probes of an S3 bucket that leave nothing in it: endpoint, identity, permissions, clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aind_lint.bucket.retry import TransientError
from aind_lint.bucket.s3.checksum_negotiation import REFUSAL_CODES, ChecksumKind, invalid_checksums
from aind_lint.bucket.s3.s3_errors import clock_offset, code_of, endpoint_text, not_s3_error
from aind_lint.errors import BucketError

if TYPE_CHECKING:
    from aind_lint.bucket.s3.client import BucketClient
    from aind_lint.bucket.s3.multipart_requests import MultipartUploads

_CHECKSUM_ERRORS = ("BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "InvalidChecksum")


@dataclass(frozen=True)
class Probes:
    """The probes of one bucket.

    Attributes:
        client: The client of the bucket.
        prefix: The beginning of every key.
        uploads: The multipart uploads.
        remove: Removes one version of a key.
    """

    client: BucketClient
    prefix: str
    uploads: MultipartUploads
    remove: Callable[[str, str], bool]

    def endpoint(self) -> str:
        """The address of the server, and the region that requests are signed for."""
        return f"{endpoint_text(self.client.s3.meta.endpoint_url)} (region {self.client.region})"

    def identity(self) -> str:
        """The access key, to be shown to the user; never the secret key.

        Raises:
            BucketError: There are no credentials.
        """
        try:
            found = self.client.credentials()
        except TransientError as error:
            raise error.final_error from None
        return f"access key {found.access_key}{', for a session' if found.token else ''}"

    def write(self, name: str) -> ChecksumKind:
        """Send writes with wrong checksums, which must be refused; the first kind that the server compares.

        Raises:
            BucketError: Writing is not allowed.
        """
        key = f"{self.prefix}{name}"
        for wrong in invalid_checksums():
            try:
                response: Any = self.client.call(
                    "write",
                    lambda s3: s3.put_object(
                        Bucket=self.client.bucket,
                        Key=key,
                        Body=b"probe",
                        IfNoneMatch="*",
                        **wrong.arguments,  # noqa: B023
                    ),
                    expected_errors=(*_CHECKSUM_ERRORS, *REFUSAL_CODES),
                )
            except ClientError as error:
                if code_of(error) in _CHECKSUM_ERRORS:
                    return wrong.kind
                continue
            if "ETag" not in response:
                raise not_s3_error(self.client.url, "its response to a write has no ETag")
            try:
                self.remove(key, version_of(response))
            except BucketError:
                raise BucketError(
                    f"{self.client.url} stored an object with a wrong {wrong.kind}. The object {name} of this probe "
                    "remains, because these credentials may not remove it"
                ) from None
        return "reading back"

    def multipart(self, name: str) -> str:
        """Create a multipart upload and abort it; the permissions in words.

        Raises:
            BucketError: That is not allowed.
        """
        key = f"{self.prefix}{name}"
        self.uploads.abort(key, self.uploads.create(key, "doctor")["UploadId"])
        return "may create and abort them"

    def clock_offset(self) -> float:
        """Seconds by which this machine's clock is ahead of the server's.

        Raises:
            BucketError: The request failed.
        """
        bucket = self.client.bucket
        response: Any = self.client.call("list", lambda s3: s3.list_objects_v2(Bucket=bucket, MaxKeys=1))
        return clock_offset(response)


def version_of(response: Any) -> str:
    """What identifies exactly the object of a response: its version, or its ETag in a bucket without versions."""
    version = response.get("VersionId")
    return f"version {version}" if version not in (None, "null") else f"etag {response['ETag']}"
