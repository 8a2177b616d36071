"""Where small objects are sent or read, with which credentials (as boto3 finds them), and what a failure means."""

from __future__ import annotations

from threading import Lock
from typing import Literal
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from aind_lint.bucket.retry import TransientError
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.s3_errors import explain_code, not_s3_error, redact_urls
from aind_lint.bucket.s3.small_objects.request_error import NOT_S3, RequestError
from aind_lint.bucket.upload_context import Endpoint, SigningContext
from aind_lint.errors import BucketError

#: Seconds that one object may take; 64 MiB in this time are 4 Mbit/s.
_REQUEST_SECONDS = 120.0

#: The headers of the parameters of S3 that go with a PUT and with a GET.
_HEADERS = {
    "write": {
        "ServerSideEncryption": "x-amz-server-side-encryption",
        "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
        "ACL": "x-amz-acl",
        "RequestPayer": "x-amz-request-payer",
    },
    "read": {"RequestPayer": "x-amz-request-payer"},
}


class S3RequestSigner:
    """Signs requests for small objects of one bucket, and retries them by the policy of boto3's requests."""

    def __init__(self, client: BucketClient, prefix: str, action: Literal["write", "read"]) -> None:
        """Prepare; no request is made before `context`.

        Args:
            client: The bucket.
            prefix: What every key begins with.
            action: Whether requests store or read objects.
        """
        self._client = client
        self._prefix = prefix
        self._action = action
        self._lock = Lock()
        self._endpoint: tuple[int, Endpoint] | None = None

    def context(self) -> SigningContext:
        """The address and the current credentials.

        Raises:
            BucketError: There are no credentials.
            TransientError: They cannot be had at the moment.
        """
        credentials_version = self._client.credentials_version
        with self._lock:
            if self._endpoint is None or self._endpoint[0] != credentials_version:
                try:
                    self._endpoint = credentials_version, self._find_endpoint()
                except BotoCoreError as error:
                    raise self._client.to_error(self._action, error) from None
            endpoint = self._endpoint[1]
        found = self._client.credentials(self._action)
        return SigningContext(
            endpoint,
            self._prefix,
            found.access_key or "",
            found.secret_key or "",
            found.token,
            credentials_version,
            self._client.min_latency,
        )

    def note_success(self) -> None:
        """Record that a request succeeded, so that later failures get all tries."""
        self._client.retries.note_success()

    def pause_after(
        self, error: RequestError | TransientError | ValueError, tries: int, credentials_version: int
    ) -> float:
        """The seconds to wait before the next try; expired credentials of ``credentials_version`` are renewed.

        Raises:
            BucketError: The request cannot succeed, or it was the last try.
        """
        failure = self._to_error(error, credentials_version)
        if isinstance(failure, BucketError):
            raise failure from None
        return self._client.retries.pause_after(failure, tries)

    def describe(self, error: RequestError) -> str:
        """What a refusal means, for a message that names the object already."""
        return redact_urls(explain_code(error.code_or_status, self._action, error.reason, error.region))

    def _to_error(
        self, error: RequestError | TransientError | ValueError, credentials_version: int
    ) -> BucketError | TransientError:
        if isinstance(error, TransientError):
            return error
        if isinstance(error, RequestError):
            if error.code == NOT_S3:
                return not_s3_error(self._client.url, error.reason)
            return self._client.to_error(
                self._action, error.reason, error.code_or_status, error.status, credentials_version, error.region
            )
        # libcurl takes no null character, for example.
        return BucketError(
            f"cannot {self._action} {self._client.url}: the credentials contain a character that HTTP forbids"
        )

    def _find_endpoint(self) -> Endpoint:
        """The address that boto3 would use: it knows endpoints, addressing styles and regions best."""
        client = self._client
        region = client.region
        if client.s3.meta.endpoint_url.endswith(".amazonaws.com"):
            try:
                head = client.s3.head_bucket(Bucket=client.bucket)
                region = head.get("BucketRegion", region)
            except ClientError as error:
                region = error.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", region)
        url = urlsplit(client.s3.generate_presigned_url("put_object", {"Bucket": client.bucket, "Key": "k"}))
        # An endpoint may have a path of its own, and the bucket may be in the host name or in the path.
        address = f"{url.scheme}://{url.netloc}{url.path.removesuffix('k')}"
        names = _HEADERS[self._action]
        headers = tuple(f"{names[name]}: {value}" for name, value in client.parameters.items() if name in names)
        proxy = client.connection_settings.proxy(client.s3.meta.endpoint_url)
        return Endpoint(address, region, _REQUEST_SECONDS, client.connection_settings.authorities, proxy, headers)
