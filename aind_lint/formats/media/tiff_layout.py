"""How many bytes the strips or tiles of an uncompressed TIFF image have at least.

Source: TIFF 6.0 (Adobe, 1992), sections 3, 8 and 15
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aind_lint.formats.codecs.chunk_error import BrokenChunkError

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_SAMPLES, _ROWS_PER_STRIP, _PLANAR, _TILE_WIDTH, _TILE_LENGTH = 277, 278, 284, 322, 323
_IMAGE_DEPTH, _TILE_DEPTH = 32997, 32998
#: Fields that the layout follows from.
LAYOUT_TAGS = (
    _WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _ROWS_PER_STRIP, _PLANAR, _TILE_WIDTH, _TILE_LENGTH,
    _IMAGE_DEPTH, _TILE_DEPTH,
)  # fmt: skip
_UNCOMPRESSED, _OLD_JPEG, _YCBCR, _PLANES = 1, 6, 6, 2


@dataclass(frozen=True)
class StripLayout:
    """The strips, or tiles, of an uncompressed image.

    Attributes:
        name: What they are called: ``strip``.
        row_bits: Bits of a row of one of them.
        rows: Rows of one of them.
        last_rows: Rows of the last in each plane, which is shorter for strips.
        per_plane: How many there are in each plane.
        most: How many there are in all planes; with more, another number of rows is meant.
    """

    name: str
    row_bits: int
    rows: int
    last_rows: int
    per_plane: int
    most: int | None

    def check(self, sizes: Sequence[int], page: int) -> None:
        """Require that each has all its rows; those of no bytes are not stored, which is legal.

        Rows need not begin at a byte, as the specification demands: some cameras pack them.

        Raises:
            BrokenChunkError: One is too short.
        """
        if self.most is not None and len(sizes) > self.most:
            return
        least, last = (-(-self.row_bits * rows // 8) for rows in (self.rows, self.last_rows))
        for number, size in enumerate(sizes):
            if 0 < size < least:
                needed = last if number % self.per_plane == self.per_plane - 1 else least
                if size < needed:
                    raise BrokenChunkError(
                        f"{self.name} {number} of page {page} has {size:,} bytes, but its pixels need {needed:,}"
                    )


def strip_layout(fields: Mapping[int, Sequence[int]]) -> StripLayout | None:
    """The layout that the fields of a directory state; None if it is compressed, not stated, or of an extension.

    Args:
        fields: The values of fields, by tag.
    """
    width, length, compression, photometric, samples, planar = _image(fields)
    is_simple = compression == _UNCOMPRESSED and photometric != _YCBCR  # the latter stores fewer samples of color
    if not (is_simple and width and length and samples) or _is_volume(fields):
        return None
    bits = fields.get(_BITS, (1,))
    pixel = min(bits) if planar == _PLANES else sum(bits) if len(bits) == samples else min(bits) * samples
    if _TILE_WIDTH in fields and _TILE_LENGTH in fields:
        rows = fields[_TILE_LENGTH][0]
        return StripLayout("tile", fields[_TILE_WIDTH][0] * pixel, rows, rows, 1, None)
    rows = min(fields.get(_ROWS_PER_STRIP, (length,))[0] or length, length)
    count = -(-length // rows)
    most = count * (samples if planar == _PLANES else 1)
    return StripLayout("strip", width * pixel, rows, length - (count - 1) * rows, count, most)


def check_count(fields: Mapping[int, Sequence[int]], sizes: Sequence[int], page: int) -> None:
    """Require that an image has as many strips or tiles as its rows and columns need, compressed or not.

    Fewer are enough if they have the bytes of all pixels: then another number of rows is meant.

    Args:
        fields: The values of fields, by tag.
        sizes: Bytes of each strip or tile that has a place in the file.
        page: The number of the page.

    Raises:
        BrokenChunkError: There are fewer.
    """
    width, length, compression, _, samples, planar = _image(fields)
    if not (width and length and samples) or compression == _OLD_JPEG or _is_volume(fields):
        return
    if _TILE_WIDTH in fields and _TILE_LENGTH in fields:
        name, columns, rows = "tile", fields[_TILE_WIDTH][0], fields[_TILE_LENGTH][0]
    else:
        name, columns, rows = "strip", width, fields.get(_ROWS_PER_STRIP, (length,))[0]
    if not columns or not rows:
        return
    needed = -(-width // columns) * -(-length // rows) * (samples if planar == _PLANES else 1)
    has_all = compression == _UNCOMPRESSED and 8 * sum(sizes) >= width * length * samples * min(fields.get(_BITS, (1,)))
    if len(sizes) < needed and not has_all:
        plural = "" if len(sizes) == 1 else "s"
        raise BrokenChunkError(f"page {page} has {len(sizes):,} {name}{plural}, but its pixels need {needed:,}")


def _image(fields: Mapping[int, Sequence[int]]) -> list[int]:
    """Width, length, compression, photometric interpretation, samples and planar configuration."""
    defaults = {_WIDTH: 0, _LENGTH: 0, _COMPRESSION: _UNCOMPRESSED, _PHOTOMETRIC: 0, _SAMPLES: 1, _PLANAR: 1}
    return [fields.get(tag, (default,))[0] for tag, default in defaults.items()]


def _is_volume(fields: Mapping[int, Sequence[int]]) -> bool:
    """Whether an extension gives the image a depth."""
    return _IMAGE_DEPTH in fields or _TILE_DEPTH in fields
