"""The boxes of an MP4 or QuickTime file: walks the outermost ones to the end of the file.

Source: ISO/IEC 14496-12
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_FIRST = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid"})
_NAME = re.compile(rb"[ -~\xa9]{4}")
#: Boxes that are walked: a fragmented video of a day has one pair per second.
_MAX_BOXES = 200_000


class NotMp4Error(BrokenChunkError):
    """The file does not begin with the box of an MP4 file."""


class Box(NamedTuple):
    """One of the outermost boxes.

    Attributes:
        kind: Its type: ``moov``.
        start: The first byte of its content.
        end: The byte after it.
    """

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True)
class Mp4Layout:
    """The order of the boxes.

    Attributes:
        streamable: Whether a player can begin before it has the whole file: the index is first, or in fragments.
        walked: Whether every box was seen.
    """

    streamable: bool
    walked: bool


def top_boxes(window: ByteWindow) -> Iterator[Box]:
    """The outermost boxes, in order.

    Raises:
        NotMp4Error: The file is no MP4 file.
        BrokenChunkError: The file ends inside a box, or bytes other than zeros follow that are no box.
    """
    position = 0
    if not window.size:
        raise NotMp4Error("it is empty")
    while position < window.size:
        header = window.get(position, 16)
        size, kind, start = int.from_bytes(header[:4], "big"), header[4:8], position + 8
        if position == 0 and kind not in _FIRST:
            raise NotMp4Error("it is no MP4 file")
        if not any(header):  # some recorders reserve space and leave zeros at the end
            yield Box(kind, position, window.size)
            return
        if len(header) < 8 or not _NAME.fullmatch(kind):
            raise BrokenChunkError("bytes that are no box follow its boxes")
        if size == 1:
            if len(header) < 16:
                raise BrokenChunkError("it is cut off in the header of a box")
            size, start = int.from_bytes(header[8:16], "big"), position + 16
        elif size == 0:
            size = window.size - position
        if size < start - position:
            raise BrokenChunkError(f"its box '{kind.decode('latin-1')}' states {size} bytes")
        if position + size > window.size:
            missing, name = position + size - window.size, kind.decode("latin-1")
            raise BrokenChunkError(f"it is cut off: {missing:,} bytes of its box '{name}' are missing")
        yield Box(kind, start, position + size)
        position += size


def walk_mp4(window: ByteWindow) -> Mp4Layout:
    """Walk the outermost boxes.

    Raises:
        BrokenChunkError: The file is cut off, has no index, or is no MP4 file.
    """
    names: list[bytes] = []
    end = 0
    for box in islice(top_boxes(window), _MAX_BOXES):
        end = box.end
        if not names or names[-1] != box.kind:
            names.append(box.kind)
    walked = end == window.size
    if b"moov" not in names and walked:
        raise BrokenChunkError("it has no index (box 'moov'), so no player opens it: the recording was interrupted")
    if b"mdat" not in names and walked:
        raise BrokenChunkError("it has no video data (box 'mdat')")
    if names[-1] == b"moof" and walked:
        raise BrokenChunkError("it ends with the header of a fragment without its data")
    index, data = (names.index(name) if name in names else len(names) for name in (b"moov", b"mdat"))
    return Mp4Layout(b"moof" in names or index < data, walked)
