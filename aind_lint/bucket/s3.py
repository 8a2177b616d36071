"""A bucket of S3, or of a server that speaks its protocol, through boto3."""

from __future__ import annotations

import io
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from aind_lint.bucket.store import Body, ContentChangedError, Stored
from aind_lint.errors import BucketError, UsageError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

#: How many transfers may run at once.
CONNECTIONS = 32

#: Tries for a write that met another write of the same key (409); boto3 does not retry it.
_CONFLICT_TRIES = 6

_CHANGED = {
    "BadDigest",
    "InvalidDigest",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
    "IncompleteBody",
    "InvalidChecksum",
}
_ADVICE = {
    "AccessDenied": "access denied; the credentials lack a permission on this bucket",
    "403": "access denied; the credentials lack a permission on this bucket",
    "NoSuchBucket": "there is no such bucket",
    "404": "there is no such bucket",
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "ExpiredToken": "the credentials have expired",
    "RequestTimeTooSkewed": "the clock of this machine is wrong by more than 15 minutes",
    "PermanentRedirect": "the bucket is in another region; name it with --region",
    "301": "the bucket is in another region; name it with --region",
}


class S3Store:
    """The objects of one bucket below an optional prefix."""

    def __init__(self, client: S3Client, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.url = f"s3://{bucket}/{self._prefix}".rstrip("/")

    def scan(self, prefix: str, limit: int | None = None) -> Iterator[Stored]:
        """The objects below ``prefix``, all pages."""
        count = 0
        for page in self._pages(Prefix=self._prefix + prefix, **({"MaxKeys": min(limit, 1000)} if limit else {})):
            for item in page.get("Contents", []):
                if limit is not None and count >= limit:
                    return
                count += 1
                yield Stored(item["Key"][len(self._prefix) :], item["Size"])

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes directly below ``prefix``."""
        start = self._prefix + prefix
        return sorted(
            item["Prefix"][len(start) :].rstrip("/")
            for page in self._pages(Prefix=start, Delimiter="/")
            for item in page.get("CommonPrefixes", [])
        )

    def _pages(self, **arguments: Any) -> Iterator[Any]:
        try:
            yield from self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **arguments)
        except (ClientError, BotoCoreError) as error:
            self._fail("list", error)

    def head(self, key: str) -> Stored | None:
        """One object with the checksum that S3 keeps for it."""
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key, ChecksumMode="ENABLED")
        except ClientError as error:
            # Without a body a missing bucket and a missing key look alike; a LIST before has told them apart.
            if _code(error) in ("404", "NoSuchKey", "NotFound"):
                return None
            self._fail("look at", error)
        except BotoCoreError as error:
            self._fail("look at", error)
        # A part-wise ("COMPOSITE") checksum depends on how the object was sent, so it proves nothing here.
        whole = found.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
        return Stored(key, found["ContentLength"], found.get("ChecksumCRC64NVME") if whole else None)

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"]
        except (ClientError, BotoCoreError) as error:
            self._fail("read", error)
        return cast(BinaryIO, _Reading(body, lambda error: self._fail("read", error)))

    def create(self, key: str, body: Body) -> bool:
        """Store an object under a free key, by one conditional PUT with its checksum."""
        for attempt in range(1, _CONFLICT_TRIES + 1):
            try:
                with body.open() as stream:
                    if stream.seek(0, os.SEEK_END) != body.size:
                        raise _changed(key)
                    stream.seek(0)
                    self._client.put_object(
                        Bucket=self._bucket,
                        Key=self._prefix + key,
                        Body=cast(BinaryIO, _PlannedLength(stream, body.size)),
                        ContentLength=body.size,
                        IfNoneMatch="*",
                        ChecksumCRC64NVME=body.crc64nvme,
                    )
                return True
            except ClientError as error:
                code = _code(error)
                if code in ("PreconditionFailed", "412"):
                    return False
                if code in _CHANGED:
                    raise _changed(key) from None
                if code not in ("ConditionalRequestConflict", "409") or attempt == _CONFLICT_TRIES:
                    self._fail("write", error)
                time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - jitter, no secret
            except BotoCoreError as error:
                self._fail("write", error)
        raise AssertionError("unreachable")

    def _fail(self, verb: str, error: Exception) -> NoReturn:
        raise BucketError(f"cannot {verb} {self.url}: {_public(_explain(error))}") from None


class _Reading(io.RawIOBase):
    """The bytes of an object, with the failures of the network as `BucketError`."""

    def __init__(self, body: StreamingBody, fail: Callable[[Exception], NoReturn]) -> None:
        self._body = body
        self._fail = fail

    def read(self, size: int = -1) -> bytes:
        try:
            return self._body.read(None if size < 0 else size)
        except (BotoCoreError, OSError) as error:
            self._fail(error)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._body.close()
        super().close()


class _PlannedLength:
    """A stream cut off, or filled up with zeros, at the length that its request has announced.

    The server would take bytes too many for the next request, and wait minutes for missing ones. What had to be filled
    up fails its checksum.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._position = 0

    def read(self, amount: int = -1) -> bytes:
        left = self._size - self._position
        wanted = left if amount < 0 else min(amount, left)
        chunk = self._stream.read(wanted) or bytes(wanted)
        self._position += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = self._stream.seek(offset + (0, self._position, self._size)[whence])
        return self._position

    def tell(self) -> int:
        return self._position


def connect(
    bucket: str,
    prefix: str = "",
    endpoint_url: str | None = None,
    profile: str | None = None,
    region: str | None = None,
) -> S3Store:
    """A store for a bucket, with credentials where boto3 finds them: environment, profile, instance.

    Raises:
        UsageError: The profile does not exist or the endpoint is no address.
    """
    config = Config(
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        # Our own full-object checksum goes with every write; another one computed by the client would be dropped.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        # A bucket's region matters only to AWS itself, which then says which one it is.
        client = session.client(
            "s3", endpoint_url=endpoint_url, config=config, region_name=session.region_name or "us-west-2"
        )
    except ProfileNotFound:
        raise UsageError(f"there is no AWS profile called '{profile}'") from None
    except ValueError:
        raise UsageError(f"'{_public(str(endpoint_url))}' is not the address of an endpoint") from None
    return S3Store(client, bucket, prefix)


def _changed(key: str) -> ContentChangedError:
    return ContentChangedError(f"{key} changed while it was being published; nothing of it was stored")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _public(text: str) -> str:
    """A text without the user and password that an address in it may hold."""
    return re.sub(r"//[^/\s]*@", "//", text)


def _explain(error: Exception) -> str:
    if isinstance(error, ClientError):
        code = _code(error)
        return _ADVICE.get(code) or f"{code}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": ")
    if isinstance(
        error, NoCredentialsError | PartialCredentialsError | TokenRetrievalError | UnauthorizedSSOTokenError
    ):
        return "no usable AWS credentials; set AWS_PROFILE, or run 'aws sso login' or 'aws configure'"
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return f"{error.kwargs.get('endpoint_url')} does not answer"
    return str(error).split("\n")[0]
