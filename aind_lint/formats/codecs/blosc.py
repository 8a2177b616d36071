"""Blosc 1 containers: a header of 16 bytes with both sizes, then blocks.

Source: https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.codecs.lz4_block import decompress_lz4

#: Bytes of the header.
HEADER_SIZE = 16
_SHUFFLE, _MEMCPYED, _BIT_SHUFFLE, _DONT_SPLIT = 0x01, 0x02, 0x04, 0x10
_LZ4, _ZLIB = 1, 3
#: Blocks are split into one stream per byte of an item if items have at most this many bytes.
_MAX_SPLITS = 16


@dataclass(frozen=True)
class BloscHeader:
    """The header of a Blosc container.

    Attributes:
        flags: How the blocks are stored.
        item_size: Bytes of an item, for shuffling.
        size: Bytes decompressed.
        block_size: Bytes of a block decompressed.
        compressed_size: Bytes of the whole container.
    """

    flags: int
    item_size: int
    size: int
    block_size: int
    compressed_size: int


def read_blosc_header(data: bytes) -> BloscHeader:
    """The header at the start of a chunk.

    Raises:
        BrokenChunkError: These bytes are no Blosc header.
    """
    if len(data) < HEADER_SIZE:
        raise BrokenChunkError(f"it has {len(data)} bytes, and the header of a Blosc chunk {HEADER_SIZE}")
    version, _, flags, item_size, size, block_size, compressed_size = struct.unpack_from("<BBBBIII", data)
    if not 1 <= version <= 3 or compressed_size < HEADER_SIZE:
        raise BrokenChunkError("it does not begin with a Blosc header")
    return BloscHeader(flags, item_size, size, block_size, compressed_size)


def decompress_blosc(data: bytes, limit: int) -> bytes:
    """The content of a Blosc container, if it is stored plainly or compressed with LZ4 or zlib.

    Args:
        data: The container.
        limit: The maximum number of bytes decompressed.

    Raises:
        BrokenChunkError: The container is damaged.
        UndecodedError: Another compressor was used, or there is more data.
    """
    header = read_blosc_header(data)
    if header.compressed_size != len(data):
        raise BrokenChunkError(f"the Blosc header states {header.compressed_size} bytes, the chunk has {len(data)}")
    if header.size > limit:
        raise UndecodedError(f"more than {limit:,} bytes")
    if header.flags & _MEMCPYED:
        if len(data) != HEADER_SIZE + header.size:
            raise BrokenChunkError("the size of the chunk contradicts its Blosc header")
        return data[HEADER_SIZE:]
    if header.size == 0:
        return b""
    if header.block_size == 0:
        raise BrokenChunkError("the Blosc header states blocks of no bytes")
    if header.flags & _BIT_SHUFFLE and header.item_size > 1:
        raise UndecodedError("bits are shuffled")
    count = -(-header.size // header.block_size)
    if HEADER_SIZE + 4 * count > len(data):
        raise BrokenChunkError("the Blosc container ends in its table of blocks")
    starts = struct.unpack_from(f"<{count}I", data, HEADER_SIZE)
    content = bytearray()
    for number, start in enumerate(starts):
        size = min(header.block_size, header.size - number * header.block_size)
        content += _block(data, start, size, header)
    return bytes(content)


def _block(data: bytes, start: int, size: int, header: BloscHeader) -> bytes:
    whole = size == header.block_size
    splits = 1
    if (
        not header.flags & _DONT_SPLIT
        and whole
        and 1 < header.item_size <= _MAX_SPLITS
        and size % header.item_size == 0
    ):
        splits = header.item_size
    content = bytearray()
    position = start
    for _ in range(splits):
        if not HEADER_SIZE <= position <= len(data) - 4:
            raise BrokenChunkError("a Blosc block lies outside the chunk")
        (stored,) = struct.unpack_from("<i", data, position)
        position += 4
        if not 0 < stored <= len(data) - position:
            raise BrokenChunkError("a Blosc block lies outside the chunk")
        content += _stream(data[position : position + stored], size // splits, header.flags >> 5)
        position += stored
    shuffled = header.flags & _SHUFFLE and header.item_size > 1
    return _unshuffle(bytes(content), header.item_size) if shuffled else bytes(content)


def _stream(stored: bytes, size: int, compressor: int) -> bytes:
    if len(stored) == size:
        return stored
    if compressor == _LZ4:
        return decompress_lz4(stored, size)
    if compressor == _ZLIB:
        try:
            content = zlib.decompressobj().decompress(stored, size + 1)
        except zlib.error:
            raise BrokenChunkError("a zlib stream in the Blosc chunk is damaged") from None
        if len(content) != size:
            raise BrokenChunkError("a zlib stream in the Blosc chunk has another size")
        return content
    raise UndecodedError("the compressor in the Blosc chunk is neither LZ4 nor zlib")


def _unshuffle(data: bytes, item_size: int) -> bytes:
    items = len(data) // item_size
    content = bytearray(data)
    for byte in range(item_size):
        content[byte : items * item_size : item_size] = data[byte * items : (byte + 1) * items]
    return bytes(content)
