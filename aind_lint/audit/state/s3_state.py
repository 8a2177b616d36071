"""The state of audits under a prefix in S3.

The lock is an object, written with a condition and renewed every five minutes. A killed audit leaves it behind: after
15 minutes another one takes it over.
"""

from __future__ import annotations

import io
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from aind_lint.audit.state.state_store import LOCK, StateInUseError
from aind_lint.bucket.address import Connection, split_s3
from aind_lint.bucket.s3.bucket_listing import BucketListing
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.s3_errors import explain, require_etag
from aind_lint.bucket.s3.streams import ObjectReader
from aind_lint.errors import BucketError

_HEARTBEAT = timedelta(minutes=5)
_TAKE_OVER = timedelta(minutes=15)

#: Codes of S3 for a failed condition, and for two conditional writes at the same time.
_CONDITION_FAILED = ("PreconditionFailed", "412", "ConditionalRequestConflict")
_MISSING = ("NoSuchKey", "404", "NotFound")


class S3State:
    """A state under a prefix in S3."""

    def __init__(self, address: str, connection: Connection) -> None:
        self.address = address.rstrip("/")
        self._bucket, prefix = split_s3(address)
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = BucketClient(self._bucket, self.address, connection)
        self._listing = BucketListing(self._client, self._prefix)
        self._lost = threading.Event()
        self._renewing = threading.Lock()
        self._etag = ""
        self._renewed = datetime.now(timezone.utc)

    def _put(self, name: str, content: bytes, **condition: Any) -> str | None:
        """Write an object; its ETag, or None if the condition failed."""
        key = self._prefix + name
        try:
            response = self._client.call(
                "write",
                lambda s3: s3.put_object(Bucket=self._bucket, Key=key, Body=content, **condition),
                expected_errors=_CONDITION_FAILED if condition else (),
            )
        except ClientError:
            return None
        return str(response["ETag"])

    def _get(self, name: str) -> Any:
        key = self._prefix + name
        try:
            response: Any = self._client.call(
                "read", lambda s3: s3.get_object(Bucket=self._bucket, Key=key), expected_errors=_MISSING
            )
        except ClientError:
            return None
        require_etag(response, self._client.url, "GET")
        return {**response, "Body": io.BufferedReader(ObjectReader(response["Body"], self._fail_reading))}

    def _fail_reading(self, error: Exception) -> NoReturn:
        raise BucketError(f"cannot read {self.address}: {explain(error, 'read')}") from None

    def _put_lock(self, **condition: Any) -> str | None:
        """Write the lock; its ETag, or None if the condition failed.

        Every renewal has another content and ETag, so that an audit which saw an older one cannot take the lock over.
        """
        content = json.dumps({"lock": uuid.uuid4().hex}).encode()
        etag = self._put(LOCK, content, **condition)
        if etag is None and (found := self._get(LOCK)) is not None and found["Body"].read() == content:
            return str(found["ETag"])  # the response to an earlier try was lost
        return etag

    @contextmanager
    def lock(self) -> Iterator[None]:
        """An object that is renewed until the context ends."""
        began = datetime.now(timezone.utc)
        self._etag = self._put_lock(IfNoneMatch="*") or self._take_over()
        self._renewed = began
        self._lost.clear()
        stopped = threading.Event()

        def keep() -> None:
            while not self._lost.is_set() and not stopped.wait(_HEARTBEAT.total_seconds()):
                with suppress(BucketError):  # the next renewal is in time, too
                    self._renew()

        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(1)
            with suppress(StateInUseError, BucketError):  # it is that of another audit, or can be taken over later
                self.remove(LOCK)

    def _renew(self) -> None:
        """Write the lock again, unless another audit has taken it over."""
        with self._renewing:
            began = datetime.now(timezone.utc)
            etag = self._put_lock(IfMatch=self._etag)
            if etag is None:
                self._lost.set()
            else:
                self._etag, self._renewed = etag, began

    def _take_over(self) -> str:
        """Take over the lock of an audit that was killed."""
        found = self._get(LOCK)
        in_use = f"another audit uses {self.address}; wait until it has finished, or name another --state"
        if found is None:
            raise StateInUseError(in_use)
        found["Body"].close()
        age = datetime.now(timezone.utc) - found["LastModified"]
        if age < _TAKE_OVER:
            minutes = max(0, int(age.total_seconds() // 60))
            raise StateInUseError(f"{in_use} (its lock is {minutes} minutes old; after 15 it can be taken over)")
        etag = self._put_lock(IfMatch=found["ETag"])
        if etag is None:
            raise StateInUseError(in_use)
        return etag

    def names(self, folder: str) -> list[str]:
        """The objects below a folder."""
        return sorted(stored.key for stored in self._listing.scan(f"{folder}/"))

    def read(self, name: str) -> bytes | None:
        """The bytes of an object."""
        found = self._get(name)
        return None if found is None else bytes(found["Body"].read())

    def local(self, name: str, spill: Path) -> Path | None:
        """A copy of an object."""
        found = self._get(name)
        if found is None:
            return None
        path = spill / "state" / name  # parts of keys are known by their file name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as copy:
            while chunk := found["Body"].read(1 << 20):
                copy.write(chunk)
        return path

    def write(self, name: str, content: Path | bytes) -> None:
        """Replace an object by a single request, while this audit has the lock."""
        self._require_lock()
        self._put(name, content if isinstance(content, bytes) else content.read_bytes())

    def _require_lock(self) -> None:
        """Raise StateInUseError if this audit no longer has the lock, so that it changes nothing of another one."""
        if not self._lost.is_set() and datetime.now(timezone.utc) - self._renewed > _TAKE_OVER - _HEARTBEAT:
            self._renew()  # the computer was suspended, or S3 did not answer
        if self._lost.is_set():
            raise StateInUseError(
                f"another audit has taken over {self.address}, because its lock was not renewed for 15 minutes; the "
                "state was left to it"
            )

    def move(self, name: str, new_name: str) -> None:
        """Copy an object, while this audit has the lock. Permission to write need not be one to remove."""
        self._require_lock()
        source = {"Bucket": self._bucket, "Key": self._prefix + name}
        self._client.call(
            "write",
            lambda s3: s3.copy_object(Bucket=self._bucket, Key=self._prefix + new_name, CopySource=source),  # type: ignore[arg-type]
        )

    def remove(self, name: str) -> None:
        """Delete an object, while this audit has the lock."""
        self._require_lock()
        self._client.call("remove from", lambda s3: s3.delete_object(Bucket=self._bucket, Key=self._prefix + name))
