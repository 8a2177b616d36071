"""Reads small arrays of a Zarr store: scalars, texts, lists of numbers."""

from __future__ import annotations

import struct
from typing import Any

from aind_lint.formats.codecs.blosc import decompress_blosc
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.codecs.length_prefixed import split_items
from aind_lint.formats.codecs.zstd_frame import decompress_zstd
from aind_lint.formats.file_reader import UnreadableError
from aind_lint.formats.zarr.metadata import ArrayNode
from aind_lint.formats.zarr.store import ZarrStore

#: Bytes of an array that is decompressed.
MAX_CHUNK = 1_000_000
#: Filters that leave numbers as they are, but for their last bits.
_PLAIN = ("bytes", "endian", "bitround", "numcodecs.bitround")
_FORMATS = {"b": "bBhHiIqQ", "i": "bhiq", "u": "BHIQ", "f": "efd"}


def chunk_key(store: ZarrStore, array: ArrayNode, index: tuple[int, ...] | None = None) -> str:
    """The key, in the asset, of one chunk, the first by default."""
    prefix = f"{store.prefix}{array.path}/" if array.path else store.prefix
    return prefix + array.grid.key(index if index is not None else tuple(0 for _ in array.grid.shape))


def read_chunk(store: ZarrStore, array: ArrayNode, index: tuple[int, ...] | None = None) -> bytes:
    """The decompressed bytes of one chunk, the first by default.

    Raises:
        UndecodedError: It does not exist, is too large, or is compressed in a way that is not read here.
        BrokenChunkError: It is damaged.
    """
    key = chunk_key(store, array, index)
    if (stat := store.files.get(key)) is None:
        raise UndecodedError("its chunk is not stored")
    if stat.size > MAX_CHUNK:
        raise UndecodedError("its chunk is too large")
    try:
        data = store.reader.read(key, 0, stat.size)
    except UnreadableError as error:
        raise UndecodedError(str(error)) from None
    for codec in reversed(array.codecs):
        if codec.name == "crc32c":
            data = data[:-4]
        elif codec.name == "blosc":
            data = decompress_blosc(data, MAX_CHUNK)
        elif codec.name == "zstd":
            data = decompress_zstd(data)
        else:
            raise UndecodedError(f"the codec '{codec.name}' is not read")
    return data


def read_texts(store: ZarrStore, array: ArrayNode) -> list[str]:
    """The texts in the first chunk of an array; an empty one if the chunk is not stored, as readers see it.

    Raises:
        UndecodedError: See `read_chunk`, or the array contains no texts.
        BrokenChunkError: The chunk is damaged.
    """
    variable = any(codec.name in ("vlen-utf8", "vlen-bytes", "string", "bytes") for codec in array.filters)
    if chunk_key(store, array) not in store.files:
        return [""]
    if array.item_size is None and variable:
        return [item.decode("utf-8", "replace") for item in split_items(read_chunk(store, array))]
    data_type = array.data_type
    if isinstance(data_type, str) and data_type[1:2] in ("S", "U") and array.item_size:
        data = read_chunk(store, array)
        encoding = "utf-8" if data_type[1] == "S" else "utf-32-be" if data_type[0] == ">" else "utf-32-le"
        size = array.item_size
        return [
            data[start : start + size].decode(encoding, "replace").rstrip("\0") for start in range(0, len(data), size)
        ]
    raise UndecodedError("it contains no texts that are read here")


def read_numbers(store: ZarrStore, array: ArrayNode) -> list[Any]:
    """The numbers of an array that consists of one chunk; the fill value if the chunk is not stored.

    Raises:
        UndecodedError: See `read_chunk`, or the array has several chunks or no plain numbers.
        BrokenChunkError: The chunk is damaged.
    """
    if array.grid.count > 1 or array.item_size is None:
        raise UndecodedError("it is too large")
    if filters := [step.name for step in array.filters if step.name not in _PLAIN]:
        raise UndecodedError(f"it has the filter '{filters[0]}'")
    code = _struct_code(array)
    items = 1
    for length in array.shape:
        items *= length
    data = read_chunk(store, array)
    if len(data) < items * array.item_size:
        raise BrokenChunkError("it holds too few bytes")
    return list(struct.unpack_from(f"{code[0]}{items}{code[1]}", data))


def _struct_code(array: ArrayNode) -> str:
    """The byte order and type code, for `struct`, of the numbers of an array."""
    text = array.data_type
    if isinstance(text, str) and array.version == 2 and len(text) == 3 and text[1] in "iuf":
        kind, size, order = text[1], int(text[2]), ">" if text[0] == ">" else "<"
    elif isinstance(text, str) and text.startswith(("int", "uint", "float")):
        kind = "u" if text[0] == "u" else text[0]
        size = array.item_size or 0
        big = any(codec.configuration.get("endian") == "big" for codec in array.filters)
        order = ">" if big else "<"
    else:
        raise UndecodedError("it contains no plain numbers")
    code = {struct.calcsize(f"<{letter}"): letter for letter in _FORMATS[kind]}.get(size)
    if code is None:
        raise UndecodedError("it contains no plain numbers")
    return order + code
