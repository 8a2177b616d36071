"""Requests to one S3 bucket, with credentials, region and endpoint as boto3 finds them."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from aind_lint.bucket.retry import RetryPolicy, TransientError
from aind_lint.bucket.s3.connection_settings import ConnectionSettings
from aind_lint.bucket.s3.parallel_listing import read_contents
from aind_lint.bucket.s3.s3_errors import EXPIRED, code_of, explain, explain_code, is_transient, status_of
from aind_lint.bucket.upload_context import CONNECT_SECONDS
from aind_lint.errors import BucketError, UsageError
from aind_lint.system.concurrency_limits import CONNECTIONS

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from mypy_boto3_s3 import S3Client

_T = TypeVar("_T")

#: How often expired credentials are read again in a row, without a success between, before the failure is final.
_MAX_RELOADS = 2

READ_SECONDS = 60

#: The region if none is configured: that of ``aind-open-data``.
_DEFAULT_REGION = "us-west-2"


class BucketClient:
    """A client of one bucket that retries transient failures, and reads expired credentials again.

    Attributes:
        s3: The client of boto3.
        bucket: The bucket's name.
        url: The destination as messages name it.
        retries: The retry policy.
        min_latency: The seconds of the fastest request: how far the server is.
        connection_settings: Certificates and proxy.
    """

    def __init__(
        self, bucket: str, url: str, endpoint_url: str | None, profile: str | None, region: str | None
    ) -> None:
        """Raises UsageError if the profile does not exist, or the endpoint or the certificates are invalid."""
        self.bucket = bucket
        self.url = url
        self.retries = RetryPolicy()
        self.min_latency = inf
        self._endpoint_url = endpoint_url
        self._profile = profile
        self._region = region
        self._credentials_version = 0
        self._reload_lock = Lock()
        self._reloads_left = _MAX_RELOADS
        self._connect()

    def _connect(self) -> None:
        config = Config(
            max_pool_connections=CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": 1},  # `RetryPolicy` reports its retries
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            # Every write has our full-object checksum; S3 would ignore a second one.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"payload_signing_enabled": False},  # the checksum is signed, so a second hash adds nothing
        )
        try:
            core = botocore.session.Session(profile=self._profile)
            session = boto3.Session(region_name=self._region, botocore_session=core)
            connection_settings = ConnectionSettings(core)
            # Only AWS cares about a bucket's region, and reports the right one.
            client = session.client(
                "s3",
                endpoint_url=self._endpoint_url,
                config=config,
                region_name=session.region_name or _DEFAULT_REGION,
                verify=connection_settings.verify,
            )
        except ProfileNotFound:
            raise UsageError(f"there is no AWS profile called '{self._profile}'") from None
        except ValueError:
            # The message does not show the address, which may contain a password.
            raise UsageError(
                "the endpoint (--endpoint-url, or AWS_ENDPOINT_URL) is invalid; write https://host:port"
            ) from None
        # With this name it runs before boto3's handlers of "before-parse.s3.*", which would parse everything again.
        client.meta.events.register("before-parse.*.ListObjectsV2", read_contents)
        # Assigned last, when the session has credentials: threads that saw none would each fetch some.
        self._session, self.connection_settings, self.s3 = session, connection_settings, client

    @property
    def region(self) -> str:
        """The region that requests are signed for."""
        return self._session.region_name or _DEFAULT_REGION

    @property
    def credentials_version(self) -> int:
        """Increases whenever credentials and region are read again."""
        return self._credentials_version

    def credentials(self) -> ReadOnlyCredentials:
        """The current credentials; boto3 renews temporary ones.

        Raises:
            BucketError: There are none, or they cannot be renewed.
            TransientError: They cannot be renewed at the moment.
        """
        credentials_version = self._credentials_version
        try:
            if (found := self._session.get_credentials()) is not None:
                return found.get_frozen_credentials()
            raise NoCredentialsError
        except (
            ClientError,
            BotoCoreError,
            RuntimeError,
        ) as error:  # RuntimeError: the renewed credentials have expired too
            raise self.to_error("write", error, code_of(error), status_of(error), credentials_version) from None

    def reload_credentials(self, credentials_version: int) -> bool:
        """Read the credentials again: the user may have logged in again.

        Args:
            credentials_version: The version of the expired credentials.

        Returns:
            Whether a retry makes sense.
        """
        with self._reload_lock:
            if credentials_version == self._credentials_version:  # otherwise another thread has renewed them
                if self._reloads_left == 0:
                    return False
                self._reloads_left -= 1
                self._connect()
                self._credentials_version += 1
            return True

    def call(self, action: str, request: Callable[[S3Client], _T], expected_errors: tuple[str, ...] = ()) -> _T:
        """Make a request, and retry it after a transient failure.

        Args:
            action: What is being done, for the message.
            request: The request.
            expected_errors: Codes of errors that the caller handles, as `ClientError`.

        Returns:
            The response.

        Raises:
            BucketError: The request failed.
            ClientError: It failed with one of the ``expected_errors``.
        """

        def try_once() -> _T:
            credentials_version, began = self._credentials_version, time.monotonic()
            try:
                response = request(self.s3)
            except ClientError as error:
                if code_of(error) in expected_errors:
                    raise
                raise self.to_error(action, error, code_of(error), status_of(error), credentials_version) from None
            except BotoCoreError as error:
                raise self.to_error(action, error) from None
            self._reloads_left = _MAX_RELOADS
            self.min_latency = min(self.min_latency, time.monotonic() - began)
            return response

        return self.retries.run(try_once)

    def to_error(
        self, action: str, error: Exception | str, code: str = "", status: int = 0, credentials_version: int = 0
    ) -> BucketError | TransientError:
        """The error to raise for a failed request, with an explanation; a `TransientError` if a retry may succeed."""
        broken = error if isinstance(error, Exception) else None
        text = explain(broken, action) if broken else explain_code(code, action, str(error))
        final = BucketError(f"cannot {action} {self.url}: {text}")
        if code in EXPIRED:
            return (
                TransientError("the credentials have expired and were read again", final)
                if self.reload_credentials(credentials_version)
                else final
            )
        return TransientError(text, final) if is_transient(code, status, broken) else final
