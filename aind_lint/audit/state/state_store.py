"""Where the state of audits is kept: a folder, or a prefix in S3. Files are replaced as a whole.

One audit at a time uses a state. The lock of a folder is the system's; under ``s3://`` it is an object, written with a
condition and renewed every five minutes. A killed audit leaves it behind: after 15 minutes another one takes it over.
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
from typing import Any, NoReturn, Protocol

from aind_lint.bucket.address import Connection, is_s3, split_s3
from aind_lint.errors import BucketError, UsageError, os_error_reason
from aind_lint.system.file_locks import try_exclusive_lock

_LOCK = "lock"
#: Name of a file that is being written.
_TEMPORARY = ".*.audit-tmp"

_HEARTBEAT = timedelta(minutes=5)
_TAKE_OVER = timedelta(minutes=15)

#: Codes of S3 for a failed condition, and for two conditional writes at the same time.
_CONDITION_FAILED = ("PreconditionFailed", "412", "ConditionalRequestConflict")
_MISSING = ("NoSuchKey", "404", "NotFound")


class StateInUseError(UsageError):
    """Another audit uses the state."""


class StateStore(Protocol):
    """Files by name; a name can contain ``/``. Methods raise `UsageError` or `BucketError` if they fail.

    Attributes:
        address: The folder or ``s3://`` address.
    """

    address: str

    def lock(self) -> Any:
        """A context in which no other audit uses the state; raises `StateInUseError`."""

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, with the folder, sorted."""

    def read(self, name: str) -> bytes | None:
        """A whole small file; None if it does not exist."""

    def local(self, name: str, spill: Path) -> Path | None:
        """A path of a file on this computer; under ``s3://`` it is downloaded to ``spill``."""

    def write(self, name: str, content: Path | bytes) -> None:
        """Write a file, or replace it as a whole."""

    def move(self, name: str, new_name: str) -> None:
        """Give a file another name, and replace what has that name."""

    def remove(self, name: str) -> None:
        """Remove a file, if it exists."""


def open_state(address: str, connection: Connection) -> StateStore:
    """The state at an address."""
    return S3State(address, connection) if is_s3(address) else FolderState(Path(address))


class FolderState:
    """A state in a folder."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder)
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._error(error) from None

    def _error(self, error: OSError) -> UsageError:
        return UsageError(f"cannot use the state folder {self._folder}: {os_error_reason(error)}")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The system releases this lock when the process ends, however it ends."""
        try:
            file = (self._folder / _LOCK).open("a+b")
        except OSError as error:
            raise self._error(error) from None
        with file, try_exclusive_lock(file) as is_locked:
            if not is_locked:
                raise StateInUseError(
                    f"another audit uses {self.address}; wait until it has finished, or name another --state"
                )
            for path in (*self._folder.glob(_TEMPORARY), *self._folder.glob(f"*/{_TEMPORARY}")):
                path.unlink(missing_ok=True)  # of an audit that was killed
            yield

    def names(self, folder: str) -> list[str]:
        """The files of a folder."""
        with suppress(FileNotFoundError):
            return sorted(f"{folder}/{path.name}" for path in (self._folder / folder).iterdir() if path.is_file())
        return []

    def read(self, name: str) -> bytes | None:
        """The bytes of a file."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error(error) from None

    def local(self, name: str, spill: Path) -> Path | None:
        """The file itself."""
        path = self._folder / name
        return path if path.is_file() else None

    def write(self, name: str, content: Path | bytes) -> None:
        """Write a temporary file and rename it."""
        target = self._folder / name
        temporary = target.with_name(_TEMPORARY.replace("*", target.name))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                temporary.write_bytes(content)
            else:
                with content.open("rb") as source, temporary.open("wb") as copy:
                    while chunk := source.read(1 << 20):
                        copy.write(chunk)
            temporary.replace(target)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise self._error(error) from None

    def move(self, name: str, new_name: str) -> None:
        """Rename a file."""
        try:
            (self._folder / name).replace(self._folder / new_name)
        except OSError as error:
            raise self._error(error) from None

    def remove(self, name: str) -> None:
        """Remove a file."""
        with suppress(OSError):
            (self._folder / name).unlink()


class S3State:
    """A state under a prefix in S3."""

    def __init__(self, address: str, connection: Connection) -> None:
        from aind_lint.bucket.s3.client import BucketClient  # boto3 takes 0.2 s to import

        self.address = address.rstrip("/")
        self._bucket, prefix = split_s3(address)
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = BucketClient(self._bucket, self.address, connection)
        self._lost = threading.Event()
        self._renewing = threading.Lock()
        self._etag = ""
        self._renewed = datetime.now(timezone.utc)

    def _put(self, name: str, content: bytes, **condition: Any) -> str | None:
        """Write an object; its ETag, or None if the condition failed."""
        from botocore.exceptions import ClientError

        key = self._prefix + name
        try:
            response = self._client.call(
                "write to",
                lambda s3: s3.put_object(Bucket=self._bucket, Key=key, Body=content, **condition),
                expected_errors=_CONDITION_FAILED if condition else (),
            )
        except ClientError:
            return None
        return str(response["ETag"])

    def _get(self, name: str) -> Any:
        from botocore.exceptions import ClientError

        from aind_lint.bucket.s3.s3_errors import require_etag
        from aind_lint.bucket.s3.streams import ObjectReader

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
        from aind_lint.bucket.s3.s3_errors import explain

        raise BucketError(f"cannot read {self.address}: {explain(error, 'read')}") from None

    def _put_lock(self, **condition: Any) -> str | None:
        """Write the lock; its ETag, or None if the condition failed.

        Every renewal has another content and ETag, so that an audit which saw an older one cannot take the lock over.
        """
        content = json.dumps({"lock": uuid.uuid4().hex}).encode()
        etag = self._put(_LOCK, content, **condition)
        if etag is None and (found := self._get(_LOCK)) is not None and found["Body"].read() == content:
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
            with suppress(StateInUseError):  # the lock is that of another audit
                self.remove(_LOCK)

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
        found = self._get(_LOCK)
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
        found: list[str] = []
        token: dict[str, Any] = {}
        prefix = f"{self._prefix}{folder}/"
        while True:
            page: Any = self._client.call(
                "list",
                lambda s3, token=token: s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **token),  # type: ignore[misc]
            )
            from aind_lint.bucket.s3.parallel_listing import rows_of

            found += [key[len(self._prefix) :] for key, *_ in rows_of(page)]
            if not page.get("IsTruncated"):
                return sorted(found)
            token = {"ContinuationToken": page["NextContinuationToken"]}

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
        """Copy an object and remove the old one, while this audit has the lock."""
        self._require_lock()
        source = {"Bucket": self._bucket, "Key": self._prefix + name}
        self._client.call(
            "write to",
            lambda s3: s3.copy_object(Bucket=self._bucket, Key=self._prefix + new_name, CopySource=source),  # type: ignore[arg-type]
        )
        self.remove(name)

    def remove(self, name: str) -> None:
        """Delete an object, while this audit has the lock."""
        self._require_lock()
        self._client.call("remove from", lambda s3: s3.delete_object(Bucket=self._bucket, Key=self._prefix + name))
