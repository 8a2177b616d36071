"""The index of a Zarr v3 shard: where each inner chunk lies in the object.

Source: https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.storage.checksum import crc32c

_EMPTY = 2**64 - 1


@dataclass(frozen=True)
class ShardIndex:
    """How a shard's index is stored.

    Attributes:
        chunks: Number of inner chunks.
        at_end: Whether the index is at the end of the object, or at its start.
        checksum: Whether a CRC32C follows the index.
    """

    chunks: int
    at_end: bool
    checksum: bool

    @property
    def size(self) -> int:
        """Bytes of the index."""
        return 16 * self.chunks + (4 if self.checksum else 0)

    def start(self, object_size: int) -> int:
        """Where the index begins in an object."""
        return object_size - self.size if self.at_end else 0


def inner_chunks(index: ShardIndex, data: bytes, object_size: int) -> Iterator[tuple[int, int]]:
    """Offset and size of every stored inner chunk.

    Args:
        index: How the index is stored.
        data: The bytes of the index.
        object_size: Bytes of the whole object.

    Raises:
        BrokenChunkError: The index is cut off, its checksum is wrong, or it names bytes outside the object.
    """
    if len(data) < index.size:
        raise BrokenChunkError(f"the shard has {object_size} bytes, and its index alone {index.size}")
    if index.checksum and crc32c(data[: index.size - 4]) != int.from_bytes(data[index.size - 4 : index.size], "little"):
        raise BrokenChunkError("the checksum of the shard's index is wrong")
    entries = array("Q", data[: 16 * index.chunks])
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        entries.byteswap()
    for number in range(0, len(entries), 2):
        offset, size = entries[number], entries[number + 1]
        if offset == size == _EMPTY:
            continue
        if offset + size > object_size:
            raise BrokenChunkError(
                f"inner chunk {number // 2} of the shard ends at byte {offset + size}, the object at {object_size}"
            )
        yield offset, size
