"""Byte strings that are read again later: the first 4 MB in memory, the rest in an unnamed temporary file."""

from __future__ import annotations

from array import array
from contextlib import suppress
from threading import Lock
from typing import BinaryIO

from aind_lint.errors import UsageError, os_error_reason

#: Bytes of one spool that stay in memory.
MEMORY_LIMIT = 4 * 2**20


class BlobSpool:
    """Byte strings by number. One thread adds them, any thread reads them."""

    def __init__(self) -> None:
        self._in_memory: list[bytes] = []
        self._memory_left = MEMORY_LIMIT
        self._stream: BinaryIO | None = None
        self._ends = array("Q", [0])
        self._lock = Lock()

    def add(self, blob: bytes) -> int:
        """Add a byte string, and return its number.

        Raises:
            UsageError: The folder for temporary files is full or cannot be written.
        """
        if self._stream is None and len(blob) <= self._memory_left:
            self._memory_left -= len(blob)
            self._in_memory.append(blob)
            return len(self._in_memory) - 1
        try:
            with self._lock:
                if self._stream is None:
                    import tempfile  # 10 ms, and few tables are large

                    self._stream = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool
                self._stream.seek(self._ends[-1])
                self._stream.write(blob)
                self._ends.append(self._ends[-1] + len(blob))
        except OSError as error:
            raise _spool_error(error) from None
        return len(self._in_memory) + len(self._ends) - 2

    def __getitem__(self, number: int) -> bytes:
        if number < len(self._in_memory):
            return self._in_memory[number]
        start, end = self._ends[number - len(self._in_memory) : number - len(self._in_memory) + 2]
        assert self._stream is not None
        try:
            with self._lock:
                self._stream.seek(start)
                return self._stream.read(end - start)
        except OSError as error:
            raise _spool_error(error) from None

    def __len__(self) -> int:
        return len(self._in_memory) + len(self._ends) - 1

    def __del__(self) -> None:
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()


def _spool_error(error: OSError) -> UsageError:
    import tempfile

    reason = os_error_reason(error)
    return UsageError(f"the folder for temporary files, {tempfile.gettempdir()}, cannot be used: {reason}")
