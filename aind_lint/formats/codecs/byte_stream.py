"""Chunks that the standard library decompresses: gzip, zlib, bzip2, LZMA."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError

#: Bytes of a chunk that is decompressed; up to 16 times as many after: zlib takes 1 s for 200 MB.
MAX_DECOMPRESSED = 4_000_000
#: Streams of one chunk: each is copied.
_MAX_STREAMS = 16
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31), "zlib": zlib.decompressobj, "bz2": bz2.BZ2Decompressor,
    "lzma": lzma.LZMADecompressor,
}  # fmt: skip


def decompressed_size(codec: str, data: bytes, expected: int | None) -> int:
    """How many bytes a chunk holds; if that is more than expected, one more.

    Args:
        codec: ``gzip``, ``zlib``, ``bz2`` or ``lzma``.
        data: The chunk.
        expected: How many bytes it should hold; None if that is not known.

    Raises:
        BrokenChunkError: It is damaged or cut off.
        UndecodedError: It holds too much.
    """
    most = MAX_DECOMPRESSED * 16
    limit = min(most, most if expected is None else expected) + 1
    if not data:
        raise BrokenChunkError("it is empty")
    held, is_whole = 0, True
    for _ in range(_MAX_STREAMS):  # several can follow one another, but for zlib
        decompressor = _DECOMPRESSORS[codec]()
        try:
            held += len(decompressor.decompress(data, limit - held))
        except (zlib.error, OSError, lzma.LZMAError, EOFError):
            raise BrokenChunkError(f"the {codec} stream is damaged") from None
        is_whole = decompressor.eof
        data = decompressor.unused_data.lstrip(b"\0") if is_whole and codec != "zlib" else b""
        if not data or held >= limit:
            break
    else:
        raise UndecodedError(f"more than {_MAX_STREAMS} {codec} streams")
    if not is_whole and held >= limit:
        if expected is not None and held > expected:
            return held
        raise UndecodedError(f"more than {limit - 1:,} bytes")
    if not is_whole:
        raise BrokenChunkError(f"the {codec} stream is cut off")
    return held
