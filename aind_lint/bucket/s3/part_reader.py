"""A part of a stream as the body of one request."""

from __future__ import annotations

import io
from typing import BinaryIO

from aind_lint.storage.checksum import crc64nvme


class PartReader(io.RawIOBase):
    """The next ``size`` bytes of a stream, with their checksum; what is missing is filled up with zeros.

    The server would wait minutes for missing bytes, and take bytes too many for the next request.

    Attributes:
        crc: CRC64NVME of what has been read since the beginning.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._start = stream.tell()
        self._size = size
        self._position = 0
        self.crc = 0

    @property
    def complete(self) -> bool:
        """Whether all of it has been read, so that the checksum is that of the whole."""
        return self._position == self._size

    def read(self, amount: int | None = -1) -> bytes:
        """The next bytes."""
        left = self._size - self._position
        wanted = left if amount is None or amount < 0 else min(amount, left)
        chunk = self._stream.read(wanted) or bytes(wanted)
        self._position += len(chunk)
        self.crc = crc64nvme(chunk, self.crc)
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place."""
        to = offset + (0, self._position, self._size)[whence]
        if to == 0:
            self.crc = 0
        self._position = to
        self._stream.seek(self._start + to)
        return to

    def tell(self) -> int:
        """Where the next bytes are."""
        return self._position

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can go to another place."""
        return True
