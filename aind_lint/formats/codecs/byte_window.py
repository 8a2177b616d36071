"""Random access to the bytes of one chunk: reads a window at a time, so that a walk over headers reads only headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

#: Reads a part of one chunk, by first byte and length.
ReadPart = Callable[[int, int], bytes]

#: Bytes read at once; larger than every header.
WINDOW = 4096


class ByteWindow:
    """The bytes of a chunk.

    Args:
        read: Reads a part of the chunk.
        size: Bytes of the chunk.
    """

    def __init__(self, read: ReadPart, size: int) -> None:
        self._read = read
        self.size = size
        self._start, self._content = 0, b""

    def get(self, start: int, length: int) -> bytes:
        """Some bytes; fewer where the chunk ends."""
        offset = start - self._start
        if offset < 0 or offset + length > len(self._content):
            self._start, self._content = start, self._read(start, max(length, min(WINDOW, self.size - start)))
            offset = 0
        return self._content[offset : offset + length]


def window_of(data: bytes) -> ByteWindow:
    """A window over bytes in memory."""
    return ByteWindow(lambda start, length: data[start : start + length], len(data))


def window_of_stream(stream: BinaryIO, size: int) -> ByteWindow:
    """A window over a stream of ``size`` bytes that can seek."""

    def read(start: int, length: int) -> bytes:
        stream.seek(start)
        return stream.read(length)

    return ByteWindow(read, size)
