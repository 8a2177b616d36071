"""Chunks of items of any length, as the codecs ``vlen-utf8``, ``vlen-bytes`` and ``vlen-array`` write them.

Source: https://numcodecs.readthedocs.io/en/stable/other/vlen.html
"""

from __future__ import annotations

import struct

from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_LENGTH = struct.Struct("<I")
_CUT_OFF = "an item in it is cut off"


def split_items(data: bytes) -> list[bytes]:
    """The items of a chunk: their number is stored first, and before each item its length.

    Raises:
        BrokenChunkError: The chunk is cut off.
    """
    if len(data) < 4:
        raise BrokenChunkError("it is shorter than its header")
    items = []
    position = 4
    for _ in range(_LENGTH.unpack_from(data)[0]):
        if position + 4 > len(data):
            raise BrokenChunkError(_CUT_OFF)
        (length,) = _LENGTH.unpack_from(data, position)
        position += 4 + length
        if position > len(data):
            raise BrokenChunkError(_CUT_OFF)
        items.append(data[position - length : position])
    return items
