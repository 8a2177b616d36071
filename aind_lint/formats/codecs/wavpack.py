"""WavPack streams: walks the blocks to the end, and counts samples.

Source: https://www.wavpack.com/WavPack5FileFormat.pdf
"""

from __future__ import annotations

import struct

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_HEADER = struct.Struct("<4sIHBBIIIII")
_INITIAL_BLOCK = 0x800


def count_wavpack_samples(window: ByteWindow) -> int:
    """The samples of each channel.

    Raises:
        BrokenChunkError: The chunk is cut off, or does not consist of WavPack blocks.
    """
    position = samples = 0
    if not window.size:
        raise BrokenChunkError("it is empty")
    while position < window.size:
        header = window.get(position, _HEADER.size)
        if len(header) < _HEADER.size:
            raise BrokenChunkError("it is cut off in a WavPack block")
        identifier, size, _, _, _, _, _, block_samples, flags, _ = _HEADER.unpack(header)
        if identifier != b"wvpk" or size < _HEADER.size - 8:
            raise BrokenChunkError("it does not consist of WavPack blocks")
        position += size + 8
        if position > window.size:
            raise BrokenChunkError("it is cut off in a WavPack block")
        if flags & _INITIAL_BLOCK:
            samples += block_samples
    return samples
