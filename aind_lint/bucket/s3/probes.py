"""What can be tried of a bucket of S3 without leaving anything there: identity, permissions, clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aind_lint.bucket.retry import TransientError
from aind_lint.bucket.s3.checksum_negotiation import REFUSALS, Kind, wrong_sums
from aind_lint.bucket.s3.failures import clock_offset, code_of, endpoint_text, no_s3
from aind_lint.errors import BucketError

if TYPE_CHECKING:
    from aind_lint.bucket.s3.client import BucketClient
    from aind_lint.bucket.s3.multipart_uploads import MultipartUploads

_WRONG_CHECKSUM = ("BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "InvalidChecksum")


@dataclass(frozen=True)
class Probes:
    """The trials of one bucket.

    Attributes:
        client: Its client.
        prefix: What its keys begin with.
        uploads: Its uploads in parts.
        remove: Removes exactly one version of a key.
    """

    client: BucketClient
    prefix: str
    uploads: MultipartUploads
    remove: Callable[[str, str], bool]

    def endpoint(self) -> str:
        """Where requests go, and for which region they are signed."""
        return f"{endpoint_text(self.client.s3.meta.endpoint_url)} (region {self.client.region})"

    def identity(self) -> str:
        """The access key that is used, for a person; never the secret.

        Raises:
            BucketError: There is none.
        """
        try:
            found = self.client.credentials()
        except TransientError as error:
            raise error.final_error from None
        return f"access key {found.access_key}{', for a session' if found.token else ''}"

    def writing(self, name: str) -> Kind:
        """Send writes that may not be stored, because their checksum is wrong; the first one that is refused for it.

        Raises:
            BucketError: Writing is not allowed.
        """
        key = f"{self.prefix}{name}"
        for wrong in wrong_sums():
            try:
                stored: Any = self.client.call(
                    "write",
                    lambda s3: s3.put_object(
                        Bucket=self.client.bucket,
                        Key=key,
                        Body=b"probe",
                        IfNoneMatch="*",
                        **wrong.arguments,  # noqa: B023
                    ),
                    expected_errors=(*_WRONG_CHECKSUM, *REFUSALS),
                )
            except ClientError as error:
                if code_of(error) in _WRONG_CHECKSUM:
                    return wrong.kind
                continue
            if "ETag" not in stored:
                raise no_s3(self.client.url, "it stores without an ETag")
            try:
                self.remove(key, version_of(stored))
            except BucketError:
                raise BucketError(
                    f"{self.client.url} stores what has a wrong {wrong.kind}, and the object {name} of this trial "
                    "stays, because it may not be removed"
                ) from None
        return "reading back"

    def parts(self, name: str) -> str:
        """Begin an upload in parts and give it up again; what was found.

        Raises:
            BucketError: That is not allowed.
        """
        key = f"{self.prefix}{name}"
        self.uploads.abort(key, self.uploads.begin(key, "doctor")["UploadId"])
        return "may begin and abort them"

    def clock_offset(self) -> float:
        """Seconds by which this machine's clock is ahead of the server's.

        Raises:
            BucketError: The server cannot be asked.
        """
        bucket = self.client.bucket
        answer: Any = self.client.call("list", lambda s3: s3.list_objects_v2(Bucket=bucket, MaxKeys=1))
        return clock_offset(answer)


def version_of(answer: Any) -> str:
    """What names the object of an answer and no other: its version, or its ETag where there are no versions."""
    version = answer.get("VersionId")
    return f"version {version}" if version not in (None, "null") else f"etag {answer['ETag']}"
