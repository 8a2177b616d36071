"""TIFF and BigTIFF: walks the directories, and compares the place of every strip and tile with the end of the file.

Sources: TIFF 6.0 (Adobe, 1992), BigTIFF (https://www.awaresystems.be/imaging/tiff/bigtiff.html)
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from aind_lint.formats.codecs.byte_window import ByteWindow
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.media.tiff_layout import LAYOUT_TAGS, check_count, strip_layout

_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES = 273, 279, 324, 325
_TAGS = frozenset([_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES, *LAYOUT_TAGS])
#: Values of a field of the layout that are read: one for each sample of a pixel.
_MAX_SAMPLES = 1000
#: Bytes of a value of a field, by its type.
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
#: Directories (pages), fields of one, and strips of one that are walked.
_MAX_DIRECTORIES, _MAX_FIELDS, _MAX_STRIPS = 20_000, 4096, 500_000


#: A field: its type, how many values it has, and the values themselves or where they are.
_Field = tuple[int, int, bytes]


@dataclass(frozen=True)
class _Format:
    order: str
    count: int
    entry: int
    offset: int


def walk_tiff(window: ByteWindow) -> None:
    """Walk all directories.

    Raises:
        BrokenChunkError: The file is cut off or no TIFF file.
        UndecodedError: It has too many pages to walk.
    """
    head = window.get(0, 16)
    order = {b"II": "little", b"MM": "big"}.get(head[:2])
    if not head or order is None:
        raise BrokenChunkError("it is no TIFF file" if head else "it is empty")
    version = int.from_bytes(head[2:4], order)  # type: ignore[arg-type]
    if version == 42 and len(head) >= 8:
        layout, start = _Format(order, 2, 12, 4), int.from_bytes(head[4:8], order)  # type: ignore[arg-type]
    elif version == 43 and len(head) == 16 and int.from_bytes(head[4:6], order) == 8:  # type: ignore[arg-type]
        layout, start = _Format(order, 8, 20, 8), int.from_bytes(head[8:16], order)  # type: ignore[arg-type]
    else:
        raise BrokenChunkError("it is no TIFF file")
    seen: set[int] = set()
    while start:
        if start in seen:
            raise BrokenChunkError("its directories form a circle")
        if len(seen) == _MAX_DIRECTORIES:
            raise UndecodedError(f"more than {_MAX_DIRECTORIES:,} pages")
        seen.add(start)
        start = _walk_directory(window, layout, start, len(seen))
    if not seen:
        raise BrokenChunkError("it has no directory: the recording did not end properly")


def _walk_directory(window: ByteWindow, layout: _Format, start: int, page: int) -> int:
    """Check one directory, and return the place of the next."""
    head = window.get(start, layout.count)
    if len(head) < layout.count:
        raise BrokenChunkError(f"it is cut off: the directory of page {page} is at byte {start:,}")
    count = int.from_bytes(head, layout.order)  # type: ignore[arg-type]
    if not 0 < count <= _MAX_FIELDS:
        raise BrokenChunkError(f"the directory of page {page} has {count} fields")
    size = count * layout.entry + layout.offset
    body = window.get(start + layout.count, size)
    if len(body) < size:
        raise BrokenChunkError(f"it is cut off in the directory of page {page}")
    fields: dict[int, _Field] = {}
    for position in range(0, count * layout.entry, layout.entry):
        tag, kind = (int.from_bytes(body[position + n : position + n + 2], layout.order) for n in (0, 2))  # type: ignore[arg-type]
        if tag in _TAGS:
            values = int.from_bytes(body[position + 4 : position + 4 + layout.offset], layout.order)  # type: ignore[arg-type]
            place = body[position + 4 + layout.offset : position + layout.entry]
            fields[tag] = (kind, values, place)
    _check_places(window, layout, fields, page)
    return int.from_bytes(body[count * layout.entry :], layout.order)  # type: ignore[arg-type]


def _check_places(window: ByteWindow, layout: _Format, fields: dict[int, _Field], page: int) -> None:
    """Check that the strips or tiles of a page are inside the file, and have all pixels if they are not compressed."""
    for offsets, lengths in ((_STRIP_OFFSETS, _STRIP_BYTES), (_TILE_OFFSETS, _TILE_BYTES)):
        if offsets not in fields or lengths not in fields:
            continue
        sizes = _values(window, layout, *fields[lengths])
        places = [*zip(_values(window, layout, *fields[offsets]), sizes, strict=False)]
        if (end := max((place + length for place, length in places if length), default=0)) > window.size:
            raise BrokenChunkError(
                f"it is cut off: the data of page {page} ends at byte {end:,}, the file at {window.size:,}"
            )
        stated = {tag: fields[tag] for tag in LAYOUT_TAGS if tag in fields}
        if any(
            _WIDTHS.get(kind) not in (2, 4, 8) or not 0 < count <= _MAX_SAMPLES for kind, count, _ in stated.values()
        ):
            continue  # of a type that the specification does not allow
        image = {tag: _values(window, layout, *field) for tag, field in stated.items()}
        check_count(image, sizes[: len(places)], page)
        strips = strip_layout(image)
        if strips is not None:
            strips.check(sizes, page)


def _values(window: ByteWindow, layout: _Format, kind: int, count: int, place: bytes) -> array[int]:
    """The numbers of a field: in the field itself if they fit, else at the offset in it."""
    width = _WIDTHS.get(kind, 0)
    if width not in (2, 4, 8) or count > _MAX_STRIPS:
        raise UndecodedError("the table of its strips is too large")
    size = width * count
    if size <= len(place):
        data = place[:size]
    else:
        start = int.from_bytes(place, layout.order)  # type: ignore[arg-type]
        data = window.get(start, size)
        if len(data) < size:
            raise BrokenChunkError("it is cut off in the table of its strips")
    numbers = array({2: "H", 4: "I", 8: "Q"}[width], data)
    if layout.order != ("little" if array("H", b"\x01\x00")[0] == 1 else "big"):
        numbers.byteswap()
    return numbers
