"""Shared and exclusive locks between processes, for a bucket in a folder and for the watcher of a folder.

Publications of one asset run side by side and share its lock, and only removing the asset needs it alone. filelock's
`FileLock` cannot be shared, and follows a link under the name of the lock file.
Its `ReadWriteLock` keeps a SQLite database beside the data, and its soft read-write lock depends on heartbeats and
clocks. Both fail on the network drives that hold such buckets. The system releases the locks of this module when a
process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from aind_lint.errors import ConflictError

#: Seconds to wait for a lock that another process has.
_TIMEOUT = 5.0

#: Seconds between two attempts.
_POLL_INTERVAL = 0.05

#: Windows has no shared locks in `msvcrt`: a shared lock locks one of so many bytes, an exclusive lock all of them.
_BYTES = 1024


class AssetLocks:
    """One lock per asset: any number of processes can write the asset, or one can remove it."""

    def __init__(self, folder: Path) -> None:
        """Keep the lock files in ``folder``, which is created when it is needed."""
        self._folder = folder

    @contextlib.contextmanager
    def shared(self, asset: str) -> Iterator[None]:
        """The lock for writing an asset.

        Raises:
            ConflictError: The asset is being removed.
            OSError: The lock file cannot be created or locked.
        """
        with self._lock(asset, False, f"the unfinished publication of {asset} is being abandoned right now"):
            yield

    @contextlib.contextmanager
    def exclusive(self, asset: str) -> Iterator[None]:
        """The lock for removing an asset.

        Raises:
            ConflictError: The asset is being written or removed.
            OSError: The lock file cannot be created or locked.
        """
        with self._lock(asset, True, f"{asset} is being published right now; stop that first"):
            yield

    @contextlib.contextmanager
    def _lock(self, asset: str, exclusive: bool, refusal: str) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / hashlib.sha256(asset.encode("utf-8", "surrogatepass")).hexdigest()
        with path.open("a+b") as file:
            deadline = time.monotonic() + _TIMEOUT
            while not _try_lock(file, exclusive):
                if time.monotonic() > deadline:
                    raise ConflictError(refusal)
                time.sleep(_POLL_INTERVAL)
            try:
                yield
            finally:
                _unlock(file)


@contextlib.contextmanager
def try_exclusive_lock(file: BinaryIO) -> Iterator[bool]:
    """Lock an open file alone inside the context, without waiting; whether that succeeded.

    Raises:
        OSError: The file system has no locks.
    """
    is_locked = _try_lock(file, True)
    try:
        yield is_locked
    finally:
        if is_locked:
            _unlock(file)


if os.name == "nt":
    import msvcrt

    #: First byte and number of bytes that a file descriptor has locked.
    _LOCKED: dict[int, tuple[int, int]] = {}

    def _try_lock(file: BinaryIO, exclusive: bool) -> bool:
        first, count = (0, _BYTES) if exclusive else (random.randrange(_BYTES), 1)  # noqa: S311 - no secret
        file.seek(first)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, count)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        _LOCKED[file.fileno()] = first, count
        return True

    def _unlock(file: BinaryIO) -> None:
        first, count = _LOCKED.pop(file.fileno())
        file.seek(first)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, count)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _try_lock(file: BinaryIO, exclusive: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
