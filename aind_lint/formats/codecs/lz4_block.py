"""Decompresses a raw LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), for small chunks."""

from __future__ import annotations

from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_MIN_MATCH = 4


def decompress_lz4(data: bytes, size: int) -> bytes:
    """The content of a raw LZ4 block.

    Args:
        data: The compressed block.
        size: The number of bytes that it must have decompressed.

    Raises:
        BrokenChunkError: The block is damaged, or has another size.
    """
    output = bytearray()
    position = 0
    try:
        while position < len(data):
            token = data[position]
            position += 1
            literals, position = _length(data, position, token >> 4)
            if position + literals > len(data) or len(output) + literals > size:
                raise BrokenChunkError("the LZ4 block is damaged")
            output += data[position : position + literals]
            position += literals
            if position == len(data):
                break
            offset = int.from_bytes(data[position : position + 2], "little")
            match, position = _length(data, position + 2, token & 15)
            match += _MIN_MATCH
            if not 0 < offset <= len(output) or len(output) + match > size:
                raise BrokenChunkError("the LZ4 block is damaged")
            start = len(output) - offset
            while match > 0:  # a match may overlap the bytes that it writes
                piece = output[start : start + min(match, len(output) - start)]
                output += piece
                match -= len(piece)
    except IndexError:
        raise BrokenChunkError("the LZ4 block ends too early") from None
    if len(output) != size:
        raise BrokenChunkError(f"the LZ4 block holds {len(output)} bytes instead of {size}")
    return bytes(output)


def _length(data: bytes, position: int, nibble: int) -> tuple[int, int]:
    """A length of four bits or, from 15 on, of further bytes; and the position after it."""
    length = nibble
    if nibble == 15:
        while True:
            more = data[position]
            position += 1
            length += more
            if more != 255:
                break
    return length, position
