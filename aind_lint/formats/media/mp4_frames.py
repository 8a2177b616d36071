"""The number of frames of an MP4 video, from its boxes; no frame is decoded.

An MP4 file is a list of boxes: size (4 bytes), type (4 bytes), content. The box ``moov`` lists the samples of every
track in ``stsz``; a fragmented file lists them in the ``trun`` boxes of each ``moof``. Source: ISO/IEC 14496-12.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.formats.media.mp4_boxes import Box, NotMp4Error, top_boxes

#: Bytes of the largest index that is read: a day of video at 500 frames per second has 350 MB of it.
_MAX_INDEX = 512 * 2**20
#: Boxes that contain boxes.
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex")


def count_frames(window: ByteWindow) -> int | None:
    """The frames of the first video track; None if the file has no index, as when its recording was interrupted.

    Raises:
        NotMp4Error: The file does not begin with the box of an MP4 file.
        OSError: The file cannot be read.
    """
    frames: int | None = None
    track: int | None = None
    boxes = top_boxes(window)
    while True:
        try:
            box = next(boxes, None)
        except NotMp4Error:
            raise
        except BrokenChunkError:  # cut off, which FMT402 reports; the frames of what is there count
            return frames
        if box is None:
            return frames
        if box.kind == b"moov":
            track, frames = _video_track(_content(window, box))
        elif box.kind == b"moof" and frames is not None:
            frames += sum(count for number, count in _fragments(_content(window, box)) if number == track)


def _content(window: ByteWindow, box: Box) -> bytes:
    return window.get(box.start, min(box.end - box.start, _MAX_INDEX))


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    stream = io.BytesIO(content)
    while len(header := stream.read(8)) == 8:
        size, kind = struct.unpack(">I4s", header)
        if size == 1:
            (size,) = struct.unpack(">Q", stream.read(8).rjust(8, b"\0"))
            size -= 8
        yield kind, stream.read() if size == 0 else stream.read(max(size - 8, 0))


def _find(content: bytes, kinds: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of some kinds at any depth, in the order of the file."""
    for kind, inner in _boxes(content):
        if kind in kinds:
            yield kind, inner
        if kind in _CONTAINERS:
            yield from _find(inner, kinds)


def _video_track(moov: bytes) -> tuple[int | None, int | None]:
    """Number and frames of the first video track; None without one."""
    for kind, track in _boxes(moov):
        parts = dict(_find(track, (b"hdlr", b"tkhd", b"stsz", b"stz2"))) if kind == b"trak" else {}
        if parts.get(b"hdlr", b"")[8:12] == b"vide":
            header, sizes = parts.get(b"tkhd", b""), parts.get(b"stsz", parts.get(b"stz2", b""))
            at = 20 if header[:1] == b"\x01" else 12
            number = int.from_bytes(header[at : at + 4], "big")
            return number, int.from_bytes(sizes[8:12], "big")
    return None, None


def _fragments(moof: bytes) -> Iterator[tuple[int, int]]:
    """Track and frames of every run of samples in a fragment."""
    number = 0
    for kind, content in _find(moof, (b"tfhd", b"trun")):
        value = int.from_bytes(content[4:8], "big")
        if kind == b"tfhd":
            number = value
        else:
            yield number, value
