"""The number of frames of an MP4 video, from its boxes; no frame is decoded.

An MP4 file is a list of boxes: size (4 bytes), type (4 bytes), content. The box ``moov`` lists the samples of every
track in ``stsz``; a fragmented file lists them in the ``trun`` boxes of each ``moof``. Source: ISO/IEC 14496-12.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

#: Bytes of the largest index that is read: a day of video at 500 frames per second has 350 MB of it.
_MAX_INDEX = 512 * 2**20
#: Boxes that contain boxes.
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex")


class NotMp4Error(ValueError):
    """The file is not an MP4 file."""


def count_frames(stream: BinaryIO) -> int | None:
    """The frames of the first video track; None if the file has no index, as when its recording was interrupted.

    Raises:
        NotMp4Error: The file does not begin with the box of an MP4 file.
        OSError: The stream cannot be read.
    """
    frames: int | None = None
    track: int | None = None
    is_first = True
    for kind, content in _top_boxes(stream):
        if is_first and kind not in (b"ftyp", b"moov", b"free", b"wide", b"skip", b"mdat", b"styp"):
            raise NotMp4Error(kind)
        is_first = False
        if kind == b"moov":
            track, frames = _video_track(content)
        elif kind == b"moof" and frames is not None:
            frames += sum(count for number, count in _fragments(content) if number == track)
    if is_first:
        raise NotMp4Error("empty")
    return frames


def _top_boxes(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a file; the content only of those that are an index."""
    end = stream.seek(0, os.SEEK_END)
    start = stream.seek(0)
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", _read(stream, 8))
        header = 8
        if size == 1:
            (size,) = struct.unpack(">Q", _read(stream, 8))
            header = 16
        elif size == 0:
            size = end - start
        if size < header:
            raise NotMp4Error(kind)
        is_index = kind in (b"moov", b"moof")
        yield kind, stream.read(min(size - header, _MAX_INDEX)) if is_index else b""
        start = stream.seek(start + size)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise NotMp4Error("the file ends inside a box")
    return data


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
