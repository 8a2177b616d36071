"""The number of bytes of an item of an array, by its Zarr data type."""

from __future__ import annotations

import re
from typing import Any

#: NumPy's type strings, as Zarr v2 stores them: byte order, kind, and size.
_V2 = re.compile(r"[<>|=](?:(?P<kind>[biufcSV])(?P<size>\d{1,9})|U(?P<characters>\d{1,9})|[Mm]8(?:\[\w+\])?)", re.ASCII)
_V2_OBJECT = re.compile(r"[<>|=]O\d?", re.ASCII)
_V3_NUMBER = re.compile(r"(?:u?int|float|bfloat|complex|float_)(\d{1,3})", re.ASCII)
_V3_RAW = re.compile(r"r(\d{1,9})", re.ASCII)
#: What zarr-python calls a structure: since 3.1.6, and before.
_V3_STRUCTURES = ("struct", "structured")
_V3_VARIABLE = {"string", "str", "bytes", "variable_length_utf8", "variable_length_bytes", "numpy.void", "vlen-bytes"}


def item_size_v2(data_type: Any) -> int | None:
    """Bytes of an item of a Zarr v2 ``dtype``; None for Python objects.

    Raises:
        ValueError: This is no NumPy type.
    """
    if isinstance(data_type, list) and data_type:
        return _structure_size(data_type)
    if isinstance(data_type, str):
        if _V2_OBJECT.fullmatch(data_type):
            return None
        if match := _V2.fullmatch(data_type):
            if match["characters"]:
                return 4 * int(match["characters"])
            return int(match["size"]) if match["size"] else 8
    raise ValueError(f"{data_type!r} is no NumPy data type")


def _structure_size(fields: list[Any]) -> int | None:
    total = 0
    for field in fields:
        if not isinstance(field, list) or len(field) not in (2, 3) or not isinstance(field[0], str):
            raise ValueError("a field of the structured data type is malformed")
        size = item_size_v2(field[1])
        if size is None:
            return None
        for length in field[2] if len(field) == 3 and isinstance(field[2], list) else []:
            if not isinstance(length, int) or isinstance(length, bool) or length < 0:
                raise ValueError("a field of the structured data type is malformed")
            size *= length
        total += size
    return total


def item_size_v3(data_type: Any) -> int | None:
    """Bytes of an item of a Zarr v3 ``data_type``; None for variable length, and for extension types.

    Raises:
        ValueError: This is neither a name nor an extension.
    """
    if isinstance(data_type, dict) and isinstance(data_type.get("name"), str):
        name, configuration = data_type["name"], data_type.get("configuration")
        if name in _V3_STRUCTURES:
            return _fields_size(configuration.get("fields") if isinstance(configuration, dict) else None)
        length = configuration.get("length_bytes") if isinstance(configuration, dict) else None
        if isinstance(length, int) and not isinstance(length, bool) and length > 0:
            return length
        return 8 if name in ("numpy.datetime64", "numpy.timedelta64") else None
    if not isinstance(data_type, str) or not data_type:
        raise ValueError("the data type is neither a name nor an object with a name")
    if data_type == "bool":
        return 1
    if match := _V3_NUMBER.fullmatch(data_type):
        return max(1, int(match[1]) // 8)
    if match := _V3_RAW.fullmatch(data_type):
        return int(match[1]) // 8
    return None


def _fields_size(fields: Any) -> int | None:
    """Bytes of the fields of a structure: objects with name and type, or pairs; None if a size is not known."""
    total = 0
    for field in fields if isinstance(fields, list) else [None]:
        if isinstance(field, list) and len(field) == 2:
            inner = field[1]
        else:
            inner = field.get("data_type") if isinstance(field, dict) else None
        try:
            size = item_size_v3(inner)
        except ValueError:
            return None
        if size is None:
            return None
        total += size
    return total


def is_variable_v3(data_type: Any) -> bool:
    """Whether the items of a Zarr v3 ``data_type`` have various lengths."""
    name = data_type.get("name") if isinstance(data_type, dict) else data_type
    return name in _V3_VARIABLE


def without_byte_order(data_type: Any) -> str:
    """A data type as text, without its byte order: ``i2`` for ``<i2`` and ``>i2``."""
    return str(data_type).lstrip("<>|=")
