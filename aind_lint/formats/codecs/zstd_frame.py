"""Zstandard frames: walks the headers of all blocks, and decodes blocks that are stored plainly.

Source: RFC 8878, https://www.rfc-editor.org/rfc/rfc8878
"""

from __future__ import annotations

from typing import NamedTuple

from aind_lint.formats.codecs.byte_window import ByteWindow, window_of
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError

_MAGIC = b"\x28\xb5\x2f\xfd"
#: Bytes of the longest header after the magic number (descriptor, window, dictionary, size), and of a block's header.
_HEADER_BYTES, _BLOCK_HEADER_BYTES = 14, 3
_RAW, _RLE, _COMPRESSED = 0, 1, 2
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_CUT_OFF = "it is cut off in a Zstandard frame"


class ZstdFrame(NamedTuple):
    """What the headers of one frame state.

    Attributes:
        size: Bytes decompressed; None if the frame does not state them.
        plain: Position and length of every block if all are stored plainly; None otherwise.
        end: The position after the frame.
    """

    size: int | None
    plain: tuple[tuple[int, int], ...] | None
    end: int


def walk_zstd(window: ByteWindow) -> list[ZstdFrame]:
    """Walk all frames of a chunk to its end.

    Raises:
        BrokenChunkError: The chunk is cut off, has bytes after its end, or does not consist of frames.
    """
    if not window.size:
        raise BrokenChunkError("it is empty")
    frames: list[ZstdFrame] = []
    position = 0
    while position < window.size:
        head = window.get(position, 4 + _HEADER_BYTES + _BLOCK_HEADER_BYTES)
        if head[:4] == _MAGIC:
            frames.append(_walk_frame(window, position + 4, head[4:]))
            position = frames[-1].end
        elif len(head) >= 8 and int.from_bytes(head[:4], "little") in _SKIPPABLE:
            position += 8 + int.from_bytes(head[4:8], "little")
        elif frames:
            raise BrokenChunkError("bytes follow its last Zstandard frame")
        else:
            raise BrokenChunkError("it does not begin with a Zstandard frame")
        if position > window.size:
            raise BrokenChunkError(_CUT_OFF)
    return frames


def zstd_size(window: ByteWindow) -> int | None:
    """Bytes of a whole chunk decompressed; None if a frame does not state them.

    Raises:
        BrokenChunkError: See `walk_zstd`.
    """
    total = 0
    for frame in walk_zstd(window):
        size = frame.size if frame.size is not None or frame.plain is None else sum(n for _, n in frame.plain)
        if size is None:
            return None
        total += size
    return total


def decompress_zstd(data: bytes) -> bytes:
    """The content of a chunk whose blocks are all stored plainly, as short texts are.

    Raises:
        BrokenChunkError: The chunk is damaged.
        UndecodedError: A block is compressed.
    """
    content = b""
    for frame in walk_zstd(window_of(data)):
        if frame.plain is None:
            raise UndecodedError("compressed with Zstandard")
        content += b"".join(data[start : start + length] for start, length in frame.plain)
    return content


def _walk_frame(window: ByteWindow, position: int, header: bytes) -> ZstdFrame:
    """Walk a frame whose header, from a position on, has been read."""
    if not header:
        raise BrokenChunkError(_CUT_OFF)
    descriptor = header[0]
    single_segment = descriptor >> 5 & 1
    start = 1 + (not single_segment) + (0, 1, 2, 4)[descriptor & 3]
    width = (single_segment, 2, 4, 8)[descriptor >> 6]
    if len(header) < start + width:
        raise BrokenChunkError(_CUT_OFF)
    size = int.from_bytes(header[start : start + width], "little") + (256 if width == 2 else 0) if width else None
    block_header = header[start + width : start + width + _BLOCK_HEADER_BYTES]
    position += start + width
    blocks: list[tuple[int, int]] | None = []
    last = 0
    while not last:
        block = int.from_bytes(block_header.ljust(_BLOCK_HEADER_BYTES, b"\0"), "little")
        last, kind, length = block & 1, block >> 1 & 3, block >> 3
        position += _BLOCK_HEADER_BYTES
        if kind > _COMPRESSED:
            raise BrokenChunkError("a Zstandard block is of a reserved type")
        if position + (1 if kind == _RLE else length) > window.size:
            raise BrokenChunkError(_CUT_OFF)
        if kind == _RAW and blocks is not None:
            blocks.append((position, length))
        else:
            blocks = None
        position += 1 if kind == _RLE else length
        block_header = b"" if last else window.get(position, _BLOCK_HEADER_BYTES)
    return ZstdFrame(size, None if blocks is None else tuple(blocks), position + (4 if descriptor >> 2 & 1 else 0))
