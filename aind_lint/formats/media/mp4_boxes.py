"""The boxes of an MP4 or QuickTime file: walks the outermost ones to the end of the file.

Source: ISO/IEC 14496-12
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_FIRST = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid"})
_NAME = re.compile(rb"[ -~\xa9]{4}")
#: Boxes that are walked: a fragmented video of a day has one pair per second.
_MAX_BOXES = 200_000


@dataclass(frozen=True)
class Mp4Layout:
    """The order of the boxes.

    Attributes:
        streamable: Whether a player can begin before it has the whole file: the index is first, or in fragments.
        walked: Whether every box was seen.
    """

    streamable: bool
    walked: bool


def walk_mp4(window: ByteWindow) -> Mp4Layout:
    """Walk the outermost boxes.

    Raises:
        BrokenChunkError: The file is cut off, has no index, or is no MP4 file.
    """
    position = count = 0
    names: list[bytes] = []
    if not window.size:
        raise BrokenChunkError("it is empty")
    while position < window.size and count < _MAX_BOXES:
        header = window.get(position, 16)
        size, name = int.from_bytes(header[:4], "big"), header[4:8]
        if len(header) < 8 or not _NAME.fullmatch(name):
            what = "it is no MP4 file" if position == 0 else "bytes that are no box follow its boxes"
            raise BrokenChunkError(what)
        if size == 1:
            if len(header) < 16:
                raise BrokenChunkError("it is cut off in the header of a box")
            size = int.from_bytes(header[8:16], "big")
        elif size == 0:
            size = window.size - position
        if size < 8:
            raise BrokenChunkError(f"its box '{name.decode('latin-1')}' states {size} bytes")
        if position == 0 and name not in _FIRST:
            raise BrokenChunkError("it is no MP4 file")
        if position + size > window.size:
            missing, box = position + size - window.size, name.decode("latin-1")
            raise BrokenChunkError(f"it is cut off: {missing:,} bytes of its box '{box}' are missing")
        if not names or names[-1] != name or name == b"moof":
            names.append(name)
        position += size
        count += 1
    walked = position >= window.size
    if b"moov" not in names and walked:
        raise BrokenChunkError(
            "it has no index (box 'moov'), so no player opens it: the recording did not end properly"
        )
    if b"mdat" not in names and walked:
        raise BrokenChunkError("it has no video data (box 'mdat')")
    index, data = (names.index(name) if name in names else len(names) for name in (b"moov", b"mdat"))
    if b"moof" in names and names[-1] == b"moof":
        raise BrokenChunkError("it ends with the header of a fragment without its data")
    return Mp4Layout(b"moof" in names or index < data, walked)
