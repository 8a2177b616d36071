"""The number of frames of a video, from its headers; no frame is decoded.

MP4 and QuickTime files have a list of frames. In AVI and Matroska files the header of every frame is read: 8 µs each.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import UndecodedError
from aind_lint.formats.media.avi_chunks import avi_frames
from aind_lint.formats.media.matroska import matroska_frames
from aind_lint.formats.media.mp4_frames import count_frames as count_mp4_frames

_MP4 = (".mp4", ".m4v", ".mov")
#: The formats whose frames can be counted only one by one.
ONE_BY_ONE = (".avi", ".mkv", ".webm")
#: Frames that are counted one by one: 4 hours at 30 Hz.
_MAX_FRAMES = 500_000


def count_frames(name: str, window: ByteWindow) -> int | None:
    """The frames of the first video track; None if the index is missing, as when the recording was interrupted.

    Args:
        name: The name of the file.
        window: The file.

    Raises:
        BrokenChunkError: It is no file of this format, or is cut off.
        UndecodedError: The frames of this format are not counted, or there are too many to count.
        OSError: The file cannot be read.
    """
    ending = f".{name.lower().rpartition('.')[2]}"
    if ending in _MP4:
        return count_mp4_frames(window)
    if ending not in ONE_BY_ONE:
        raise UndecodedError("frames are counted in MP4, QuickTime, AVI and Matroska files only")
    frames: Iterator[None] = avi_frames(window) if ending == ".avi" else matroska_frames(window)
    count = sum(1 for _ in islice(frames, _MAX_FRAMES + 1))
    if count > _MAX_FRAMES:
        raise UndecodedError(f"more than {_MAX_FRAMES:,} frames")
    return count
