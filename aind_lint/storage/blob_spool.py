"""Pieces of bytes to be read again: the first few megabytes in memory, the rest in a file without a name."""

from __future__ import annotations

import tempfile
from array import array
from contextlib import suppress
from threading import Lock
from typing import BinaryIO

from aind_lint.errors import UsageError, os_error_reason

#: Bytes of one spool that are kept in memory.
IN_MEMORY = 4 * 2**20


class BlobSpool:
    """Pieces of bytes by number, in the order in which they were added."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._room = IN_MEMORY
        self._stream: BinaryIO | None = None
        self._ends = array("Q", [0])
        self._lock = Lock()

    def add(self, piece: bytes) -> int:
        """Add a piece; its number.

        Raises:
            UsageError: The folder for temporary files is full or cannot be written.
        """
        if self._stream is None and len(piece) <= self._room:
            self._room -= len(piece)
            self._kept.append(piece)
            return len(self._kept) - 1
        try:
            with self._lock:
                if self._stream is None:
                    self._stream = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool
                self._stream.seek(self._ends[-1])
                self._stream.write(piece)
                self._ends.append(self._ends[-1] + len(piece))
        except OSError as error:
            raise _unusable(error) from None
        return len(self._kept) + len(self._ends) - 2

    def __getitem__(self, number: int) -> bytes:
        if number < len(self._kept):
            return self._kept[number]
        start, end = self._ends[number - len(self._kept) : number - len(self._kept) + 2]
        assert self._stream is not None
        try:
            with self._lock:
                self._stream.seek(start)
                return self._stream.read(end - start)
        except OSError as error:
            raise _unusable(error) from None

    def __len__(self) -> int:
        return len(self._kept) + len(self._ends) - 1

    def __del__(self) -> None:
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()


def _unusable(error: OSError) -> UsageError:
    reason = os_error_reason(error)
    return UsageError(f"the folder for temporary files, {tempfile.gettempdir()}, cannot be used: {reason}")
