"""Locks between processes, for a bucket in a folder; the system releases them when a process ends, however it ends."""

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

#: Seconds for which a lock that somebody else holds is waited for.
_PATIENCE = 5.0

#: On Windows, which has no shared locks here, a writer locks one of so many bytes, and whoever removes all of them.
_BYTES = 1024


class FileLocks:
    """One lock for each asset: many can write it at once, but nobody while it is removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def shared(self, asset: str) -> Iterator[None]:
        """The lock of a writer.

        Raises:
            ConflictError: The asset is being removed.
        """
        with self._held(asset, False, f"the unfinished publication of {asset} is being abandoned right now"):
            yield

    @contextlib.contextmanager
    def exclusive(self, asset: str) -> Iterator[None]:
        """The lock of whoever removes an asset.

        Raises:
            ConflictError: Somebody writes it, or removes it already.
        """
        with self._held(asset, True, f"{asset} is being published right now; stop that first"):
            yield

    @contextlib.contextmanager
    def _held(self, asset: str, alone: bool, refusal: str) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / hashlib.sha256(asset.encode("utf-8", "surrogatepass")).hexdigest()
        with path.open("a+b") as lock:
            deadline = time.monotonic() + _PATIENCE
            while not _try(lock, alone):
                if time.monotonic() > deadline:
                    raise ConflictError(refusal)
                time.sleep(0.05)
            try:
                yield
            finally:
                _release(lock)


@contextlib.contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Hold a lock on a file, however long it has to be waited for."""
    with path.open("a+b") as lock:
        while not _try(lock, alone=True):
            time.sleep(0.01)
        try:
            yield
        finally:
            _release(lock)


if os.name == "nt":
    import msvcrt

    def _try(lock: BinaryIO, alone: bool) -> bool:
        first, count = (0, _BYTES) if alone else (random.randrange(_BYTES), 1)  # noqa: S311 - no secret
        lock.seek(first)
        try:
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, count)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        _RANGES[lock.fileno()] = first, count
        return True

    def _release(lock: BinaryIO) -> None:
        first, count = _RANGES.pop(lock.fileno())
        lock.seek(first)
        msvcrt.locking(lock.fileno(), msvcrt.LK_UNLCK, count)  # type: ignore[attr-defined,unused-ignore]

    _RANGES: dict[int, tuple[int, int]] = {}
else:
    import fcntl

    def _try(lock: BinaryIO, alone: bool) -> bool:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(lock: BinaryIO) -> None:
        fcntl.flock(lock, fcntl.LOCK_UN)
