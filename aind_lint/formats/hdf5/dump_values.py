"""The values of datasets and attributes of an HDF5 file, as JSON can represent them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

#: Values of a dataset that are read.
MAX_VALUES = 1_000_000
#: Types and names of small datasets of tables whose numbers are read, too; values of one, and of all in a file.
_SMALL_TYPES, _SMALL_NAMES = ("DynamicTableRegion", "VectorIndex"), ("/start_time", "/stop_time")
_MAX_SMALL, _MAX_ALL_SMALL = 125_000, 1_000_000
#: The name of arrays of times that are compared here, since they can be long; values of all in a file, 64 MB.
_TIMES, _MAX_ALL_TIMES = "/timestamps", 8_000_000
#: Values of an attribute that are read.
_MAX_ITEMS = 10_000


def line(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def plain(value: Any) -> Any:
    """A value that JSON can represent.

    Raises:
        ValueError: It is too large.
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "tolist"):
        if getattr(value, "size", 1) > _MAX_ITEMS:
            raise ValueError(f"it has more than {_MAX_ITEMS:,} values")
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return None  # a reference


def read_value(convert: Callable[[Any], Any], dataset: Callable[[str], Any], path: str) -> Any:
    """The value of the dataset at a path, or the reason why it cannot be read."""
    try:
        return convert(dataset(path))
    except Exception as error:
        return {"error": line(error)}


def read_text(node: Any) -> Any:
    """The text of a dataset."""
    value = node[()] if node.shape == () else node[0]
    return plain(value) if isinstance(value, (bytes, str)) else str(value)


def read_numbers(node: Any) -> Any:
    """The numbers of a dataset; None for an item that is no number."""
    if node.size is None or node.size > MAX_VALUES:
        return {"error": f"more than {MAX_VALUES:,} values"}
    value = _array(node)
    numbers = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    return [number if isinstance(number, (int, float)) else None for number in numbers]


def _array(node: Any) -> Any:
    """The values of a dataset. Numbers are read directly: h5py takes three times as long for a few."""
    if node.dtype.kind not in "fiu" or not node.shape:
        return node[()]
    import h5py  # type: ignore[import-untyped]
    import numpy

    values = numpy.empty(node.shape, node.dtype)
    node.id.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
    return values


def read_small_numbers(
    nodes: dict[str, dict[str, Any]], has_data: Callable[[str], bool], dataset: Callable[[str], Any]
) -> dict[str, Any]:
    """The numbers of the small datasets that tables need, by path; the reason instead where there are too many."""
    counts = {
        path: prod(entry["shape"])
        for path, entry in nodes.items()
        if (entry["attributes"].get("neurodata_type") in _SMALL_TYPES or path.endswith(_SMALL_NAMES)) and has_data(path)
    }
    return _read_within(counts, _MAX_SMALL, _MAX_ALL_SMALL, read_numbers, dataset)


def find_descents(
    nodes: dict[str, dict[str, Any]], has_data: Callable[[str], bool], dataset: Callable[[str], Any]
) -> dict[str, Any]:
    """The first number of each array of times that is greater than the next, by path: position and both numbers.

    Empty if there is none; the reason instead where there are too many numbers.
    """
    counts = {
        path: entry["shape"][0]
        for path, entry in nodes.items()
        if path.endswith(_TIMES) and has_data(path) and len(entry["shape"]) == 1
    }
    return _read_within(counts, MAX_VALUES, _MAX_ALL_TIMES, _find_descent, dataset)


def _read_within(
    counts: dict[str, int], most: int, most_of_all: int, read: Callable[[Any], Any], dataset: Callable[[str], Any]
) -> dict[str, Any]:
    """What is read of each dataset, by path; the reason instead where one, or all together, have too many values."""
    found: dict[str, Any] = {}
    left = most_of_all
    for path, count in counts.items():
        if count > min(most, left):
            found[path] = {"error": f"more than {min(most, left):,} values"}
        else:
            left -= count
            found[path] = read_value(read, dataset, path)
    return found


def _find_descent(node: Any) -> list[Any]:
    values = _array(node)
    if values.dtype.kind not in "fiu":
        return []
    is_less = values[1:] < values[:-1]
    position = int(is_less.argmax()) if is_less.size else 0
    return [position, float(values[position]), float(values[position + 1])] if is_less.any() else []
