"""Requests to one S3 bucket, with credentials, region and endpoint as boto3 finds them."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from aind_lint.bucket.address import Connection
from aind_lint.bucket.retry import RetryPolicy, TransientError
from aind_lint.bucket.s3.aws_session import (
    DEFAULT_REGION,
    configuration_error,
    credentials_error,
    describe_unknown_region,
    is_complete,
    is_refused_log_in,
    open_session,
)
from aind_lint.bucket.s3.connection_settings import ConnectionSettings
from aind_lint.bucket.s3.parallel_listing import read_contents
from aind_lint.bucket.s3.s3_errors import (
    EXPIRED,
    code_of,
    explain,
    explain_code,
    is_transient,
    not_s3_error,
    redact_urls,
    status_of,
)
from aind_lint.bucket.s3.unexpected_responses import UnexpectedResponseError, refuse_unexpected_response
from aind_lint.bucket.upload_context import CONNECT_SECONDS
from aind_lint.errors import BucketError, UsageError
from aind_lint.system.concurrency_limits import CONNECTIONS

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from botocore.model import OperationModel
    from botocore.session import Session
    from mypy_boto3_s3 import S3Client

_T = TypeVar("_T")

#: How often expired credentials are read again in a row, without a success between, before the failure is final.
_MAX_RELOADS = 2

READ_SECONDS = 60


class BucketClient:
    """A client of one bucket that retries transient failures, and reads expired credentials again.

    Attributes:
        bucket: The bucket's name.
        url: The destination as messages name it.
        parameters: Parameters of S3 that go with every operation that takes them, such as the encryption.
        retries: The retry policy.
        min_latency: The seconds of the fastest request: how far the server is.
        connection_settings: Certificates and proxy.
    """

    def __init__(self, bucket: str, url: str, connection: Connection = Connection()) -> None:
        """Raises UsageError if the AWS configuration, the endpoint or the certificates are invalid."""
        self.bucket = bucket
        self.url = url
        self.retries = RetryPolicy()
        self.min_latency = inf
        self.parameters = connection.parameters
        self._endpoint_url = connection.endpoint_url
        self._profile = connection.profile
        # An access point is in the region that its ARN names.
        self._region = bucket.split(":")[3] if bucket.startswith("arn:") else connection.region
        self._credentials_version = 0
        self._reload_lock = Lock()
        self._reloads_left = _MAX_RELOADS
        self._connect()

    def _connect(self) -> None:
        core, session = open_session(self._profile, self._region)
        connection_settings = ConnectionSettings(core)
        refusal, client = "", None
        try:
            core.get_credentials()
        except Exception as error:  # a program or a server that gives credentials can fail in any way
            refused = credentials_error(core, error)
            if isinstance(refused, UsageError):
                raise refused from None
            refusal = refused
        else:
            client = self._create_client(core, session, connection_settings)
        # Assigned last, when the session has credentials: threads that saw none would each fetch some.
        self._core, self._session, self.connection_settings = core, session, connection_settings
        self._client, self._refusal = client, refusal

    def _create_client(self, core: Session, session: boto3.Session, settings: ConnectionSettings) -> S3Client:
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
            # Only AWS cares about a bucket's region, and reports the right one.
            region = session.region_name or DEFAULT_REGION
            client = session.client(
                "s3", endpoint_url=self._endpoint_url, config=config, region_name=region, verify=settings.verify
            )
        except (BotoCoreError, AttributeError) as error:
            raise configuration_error(core, error) from None
        except ValueError:
            # The message does not show the address, which may contain a password.
            raise UsageError(
                "the endpoint (--endpoint-url, or AWS_ENDPOINT_URL) is invalid; write https://host:port"
            ) from None
        # With this name it runs before boto3's handlers of "before-parse.s3.*", which would parse everything again.
        client.meta.events.register("before-parse.*.ListObjectsV2", read_contents)
        client.meta.events.register("provide-client-params.s3", self._add_parameters)  # type: ignore[arg-type]
        client.meta.events.register("before-parse.s3", refuse_unexpected_response)
        return client

    def _add_parameters(self, params: dict[str, Any], model: OperationModel, **_: Any) -> dict[str, Any]:
        taken = model.input_shape.members if model.input_shape is not None else {}
        return {**{name: value for name, value in self.parameters.items() if name in taken}, **params}

    @property
    def s3(self) -> S3Client:
        """The client of boto3.

        Raises:
            BucketError: There are no credentials.
        """
        if self._client is None:
            raise BucketError(f"cannot use {self.url}: {self._refusal}")
        return self._client

    @property
    def region(self) -> str:
        """The region that requests are signed for."""
        return self._session.region_name or DEFAULT_REGION

    @property
    def credentials_version(self) -> int:
        """Increases whenever credentials and region are read again."""
        return self._credentials_version

    def credentials(self, action: str = "write") -> ReadOnlyCredentials:
        """The current credentials; boto3 renews temporary ones.

        Raises:
            BucketError: There are none, or they cannot be renewed.
            TransientError: They cannot be renewed at the moment.
        """
        credentials_version = self._credentials_version
        try:
            if self._client is None:
                raise BucketError(f"cannot {action} {self.url}: {self._refusal}")
            if (found := self._session.get_credentials()) is None:
                raise NoCredentialsError
            if not is_complete(credentials := found.get_frozen_credentials()):
                raise TypeError
            return credentials
        except BucketError:
            raise
        except Exception as error:
            refused_by_server = isinstance(error, ClientError) and not is_refused_log_in(error)
            if refused_by_server or is_transient(code_of(error), status_of(error), error):
                raise self.to_error(action, error, code_of(error), status_of(error), credentials_version) from None
            refused = credentials_error(self._core, error)
            if isinstance(refused, UsageError):
                raise refused from None
            raise BucketError(f"cannot {action} {self.url}: {refused}") from None

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
            self.credentials(action)  # here, any error is one of credentials, whatever raises it
            credentials_version, began = self._credentials_version, time.monotonic()
            try:
                response = request(self.s3)
            except ClientError as error:
                if code_of(error) in expected_errors:
                    raise
                raise self.to_error(action, error, code_of(error), status_of(error), credentials_version) from None
            except BotoCoreError as error:
                raise self.to_error(action, error) from None
            except UnexpectedResponseError as error:
                raise not_s3_error(self.url, str(error)) from None
            except ResponseParserError:
                raise not_s3_error(self.url, "its answer cannot be parsed") from None
            self._reloads_left = _MAX_RELOADS
            self.min_latency = min(self.min_latency, time.monotonic() - began)
            return response

        return self.retries.run(try_once)

    def to_error(
        self,
        action: str,
        error: Exception | str,
        code: str = "",
        status: int = 0,
        credentials_version: int = 0,
        region: str = "",
    ) -> BucketError | TransientError:
        """The error to raise for a failed request, with an explanation; a `TransientError` if a retry may succeed.

        Args:
            action: What was being done.
            error: The failure of boto3, or what the server wrote.
            code: The server's error code.
            status: The HTTP status.
            credentials_version: The version of the credentials of the request.
            region: The region of the bucket, if the server named it.
        """
        broken = error if isinstance(error, Exception) else None
        text = explain(broken, action) if broken else redact_urls(explain_code(code, action, str(error), region))
        if isinstance(error, EndpointConnectionError) and not self._endpoint_url:
            text += f"; {unknown}" if (unknown := describe_unknown_region(self._session)) else ""
        final = BucketError(f"cannot {action} {self.url}: {text}")
        if code in EXPIRED:
            return (
                TransientError("the credentials have expired and were read again", final)
                if self.reload_credentials(credentials_version)
                else final
            )
        return TransientError(text, final) if is_transient(code, status, broken) else final
