"""The outermost elements of a Matroska file (MKV, WebM): does the file contain its whole segment?

Source: RFC 8794 and RFC 9559
"""

from __future__ import annotations

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067


def walk_matroska(window: ByteWindow) -> None:
    """Walk the header and the segments.

    Raises:
        BrokenChunkError: The file is cut off or no Matroska file.
    """
    if not window.size:
        raise BrokenChunkError("it is empty")
    position = 0
    while position < window.size:
        header = window.get(position, 12)
        identifier, id_width = _number(header, 0, keep_marker=True)
        size, size_width = _number(header, id_width, keep_marker=False)
        if position == 0 and identifier != _EBML:
            raise BrokenChunkError("it is no Matroska file")
        unknown = size == (1 << 7 * size_width) - 1
        if unknown:
            return  # a live recording: it ends where the file ends
        position += id_width + size_width + size
        if position > window.size:
            raise BrokenChunkError(f"it is cut off: {position - window.size:,} bytes are missing")
        if identifier == _SEGMENT:
            return
    raise BrokenChunkError("it is cut off before its first segment")


def _number(data: bytes, start: int, keep_marker: bool) -> tuple[int, int]:
    """A number of variable width, and its width."""
    if start >= len(data) or data[start] == 0:
        raise BrokenChunkError("it is no Matroska file" if start == 0 else "it is cut off in its header")
    width = 9 - data[start].bit_length()
    field = data[start : start + width]
    if len(field) < width:
        raise BrokenChunkError("it is cut off in its header")
    value = int.from_bytes(field, "big")
    return (value if keep_marker else value & ((1 << 7 * width) - 1)), width
