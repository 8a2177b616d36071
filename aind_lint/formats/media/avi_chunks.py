"""The chunks of an AVI file (RIFF): does the file end where they end, and how many of them are frames?

Source: https://learn.microsoft.com/windows/win32/directshow/avi-riff-file-reference
"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError

#: Lists that contain chunks in turn: the headers, those of one stream, the data, and groups of frames.
_LISTS = (b"hdrl", b"strl", b"movi", b"rec ")
#: Chunks of one RIFF chunk that are walked; there are about five.
_MAX_CHUNKS = 1000


def walk_avi(window: ByteWindow) -> None:
    """Walk the RIFF chunks: one, and in OpenDML files one per GB.

    Raises:
        BrokenChunkError: The file is cut off or no AVI file.
    """
    position = 0
    while position < window.size:
        header = window.get(position, 12)
        if header[:4] != b"RIFF" or (position == 0 and header[8:12] != b"AVI "):
            if position == 0:
                raise BrokenChunkError("it is no AVI file" if window.size else "it is empty")
            return  # players ignore what follows
        size = int.from_bytes(header[4:8], "little") + 8
        if size == 8:
            raise BrokenChunkError("its header states no size: the recording did not end properly")
        missing = position + size - window.size
        if missing > 0 and not (missing == 1 and _lacks_padding(window, position + 12)):
            raise BrokenChunkError(f"it is cut off: {missing:,} bytes are missing")
        if position == 0 and not _has_frames(window, size):
            raise BrokenChunkError("it has no video data (list 'movi')")
        position += size
    if not window.size:
        raise BrokenChunkError("it is empty")


def _has_frames(window: ByteWindow, end: int) -> bool:
    """Whether the first RIFF chunk, up to a byte, contains the list of frames, or too many chunks to search."""
    position = 12
    for _ in range(_MAX_CHUNKS):
        header = window.get(position, 12)
        if header[8:12] == b"movi" or position >= end or len(header) < 8:
            return header[8:12] == b"movi"
        size = int.from_bytes(header[4:8], "little")
        position += 8 + size + size % 2
    return True


def _lacks_padding(window: ByteWindow, position: int) -> bool:
    """Whether the file ends with the last chunk of a RIFF chunk, which some programs do not pad to an even size."""
    for _ in range(_MAX_CHUNKS):
        header = window.get(position, 8)
        if len(header) < 8:
            return False
        position += 8 + int.from_bytes(header[4:], "little")
        if position >= window.size:
            return position == window.size
        position += position % 2
    return False


def avi_frames(window: ByteWindow) -> Iterator[None]:
    """Yield once for every frame of the first video stream.

    Raises:
        BrokenChunkError: The file is cut off or no AVI file.
        UndecodedError: Frames without data stand for repeated ones, which programs count differently.
    """
    streams, video = 0, b""
    position = 0
    while position < window.size:
        header = window.get(position, 12)
        kind, size, inner = header[:4], int.from_bytes(header[4:8], "little"), header[8:12]
        if position == 0 and (kind != b"RIFF" or inner != b"AVI "):
            raise BrokenChunkError("it is no AVI file")
        if kind == b"RIFF" or (kind == b"LIST" and inner in _LISTS):
            position += 12
            continue
        if kind == b"strh":
            if inner == b"vids" and not video:
                video = b"%02d" % streams
            streams += 1
        elif video and kind[:2] == video and kind[2:] in (b"dc", b"db"):
            if not size:
                raise UndecodedError("it has frames without data")
            if position + 8 + size > window.size:
                raise BrokenChunkError("it is cut off within a frame")
            yield
        position += 8 + size + size % 2
    if position > window.size + 1:
        raise BrokenChunkError(f"it is cut off: {position - window.size:,} bytes are missing")
