"""The header of a ``.npy`` file.

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from math import prod

from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.formats.zarr.data_types import item_size_v2

_MAGIC = b"\x93NUMPY"
#: Bytes that are read for the header: headers of arrays without thousands of fields are far shorter.
HEADER_BYTES = 65_536


@dataclass(frozen=True)
class NpyHeader:
    """What the header of a ``.npy`` file states.

    Attributes:
        shape: Items in each dimension.
        item_size: Bytes of an item; None for Python objects, which are pickled.
        start: The first byte of the data.
    """

    shape: tuple[int, ...]
    item_size: int | None
    start: int

    @property
    def size(self) -> int | None:
        """Bytes of the whole file; None for Python objects."""
        return None if self.item_size is None else self.start + prod(self.shape) * self.item_size


def read_npy_header(data: bytes) -> NpyHeader:
    """The header at the start of a file.

    Raises:
        BrokenChunkError: The file does not begin with a whole header.
    """
    if data[:6] != _MAGIC or len(data) < 12:
        raise BrokenChunkError("it does not begin like a .npy file")
    wide = data[6] >= 2
    start = 12 if wide else 10
    length = int.from_bytes(data[8:start], "little")
    if length > HEADER_BYTES or start + length > len(data):
        raise BrokenChunkError("its header is cut off")
    try:
        header = ast.literal_eval(data[start : start + length].decode("utf-8" if data[6] >= 3 else "latin-1"))
        shape, data_type = header["shape"], header["descr"]
        if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise ValueError
        item_size = item_size_v2(_lists(data_type))
    except (ValueError, SyntaxError, LookupError, TypeError, RecursionError, MemoryError):
        raise BrokenChunkError("its header cannot be read") from None
    return NpyHeader(shape, item_size, start + length)


def _lists(data_type: object) -> object:
    """A data type with lists in place of the tuples of its fields, as Zarr has them."""
    if isinstance(data_type, (list, tuple)):
        return [_lists(item) for item in data_type]
    return data_type
