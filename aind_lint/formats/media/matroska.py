"""The elements of a Matroska file (MKV, WebM): does the file contain its whole segment, and how many frames?

Source: RFC 8794 and RFC 9559
"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.formats.codecs.byte_window import ByteWindow, window_of
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError

_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
_CLUSTER, _BLOCK_GROUP, _BLOCK, _SIMPLE_BLOCK = 0x1F43B675, 0xA0, 0xA1, 0xA3
_TRACKS, _TRACK, _TRACK_NUMBER, _TRACK_TYPE, _VIDEO = 0x1654AE6B, 0xAE, 0xD7, 0x83, 1
#: Bytes of the description of all tracks.
_MAX_TRACKS = 10_000_000


def walk_matroska(window: ByteWindow) -> None:
    """Walk the header and the segments.

    Raises:
        BrokenChunkError: The file is cut off or no Matroska file.
        UndecodedError: It does not state its size.
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
            raise UndecodedError(
                "it is a live recording, which does not state its size: whether it is whole is not known"
            )
        position += id_width + size_width + size
        if position > window.size:
            raise BrokenChunkError(f"it is cut off: {position - window.size:,} bytes are missing")
        if identifier == _SEGMENT:
            return
    raise BrokenChunkError("it is cut off before its first segment")


def matroska_frames(window: ByteWindow) -> Iterator[None]:
    """Yield once for every frame of the first video track.

    Raises:
        BrokenChunkError: The file is cut off or no Matroska file.
    """
    if window.get(0, 4) != _EBML.to_bytes(4, "big"):
        raise BrokenChunkError("it is no Matroska file")
    track = 0
    # The content of a container follows its header, so that a walk need not know where a container ends.
    for identifier, start, end in _elements(window, (_SEGMENT, _CLUSTER, _BLOCK_GROUP)):
        if end > window.size:
            raise BrokenChunkError(f"it is cut off: {end - window.size:,} bytes are missing")
        if identifier == _TRACKS and not track:
            track = _video_track(window.get(start, min(end - start, _MAX_TRACKS)))
        elif identifier in (_BLOCK, _SIMPLE_BLOCK):
            head = window.get(start, min(end - start, 12))
            number, width = _number(head, 0, keep_marker=False)
            flags = head[width + 2] if len(head) > width + 2 else 0
            if number == track and not flags & 0x08:  # an invisible frame only helps to decode others
                laced = head[width + 3] if flags & 0x06 and len(head) > width + 3 else 0
                for _ in range(1 + laced):
                    yield


def _video_track(content: bytes) -> int:
    """The number of the first video track; 0 without one."""
    number, kind = 0, 0
    window = window_of(content)
    for identifier, start, end in _elements(window, (_TRACK,)):
        value = int.from_bytes(window.get(start, min(end - start, 8)), "big")
        if identifier == _TRACK:
            number, kind = 0, 0
        elif identifier == _TRACK_NUMBER:
            number = value
        elif identifier == _TRACK_TYPE:
            kind = value
        if kind == _VIDEO and number:
            return number
    return 0


def _elements(window: ByteWindow, containers: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """The elements in order, with the first byte of their content and the byte after it; then those in containers."""
    position = 0
    while position < window.size:
        header = window.get(position, 12)
        identifier, id_width = _number(header, 0, keep_marker=True)
        size, size_width = _number(header, id_width, keep_marker=False)
        start = position + id_width + size_width
        if identifier in containers:
            yield identifier, start, start
            position = start
            continue
        yield identifier, start, start + size
        position = start + size


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
