"""The values of datasets and attributes of an HDF5 file, as JSON can represent them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

#: Values of a dataset that are read.
MAX_VALUES = 1_000_000
#: Type of small datasets whose numbers are read, too; values of one, and of all in a file.
_REGION, _MAX_SMALL, _MAX_ALL_SMALL = "DynamicTableRegion", 125_000, 1_000_000
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
    value = node[()]
    numbers = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    return [number if isinstance(number, (int, float)) else None for number in numbers]


def read_small_numbers(
    nodes: dict[str, dict[str, Any]], has_data: Callable[[str], bool], dataset: Callable[[str], Any]
) -> dict[str, Any]:
    """The numbers of the datasets that select rows of tables, by path; the reason instead where there are too many."""
    numbers: dict[str, Any] = {}
    left = _MAX_ALL_SMALL
    for path, entry in nodes.items():
        if entry["attributes"].get("neurodata_type") != _REGION or not has_data(path):
            continue
        count = prod(entry["shape"])
        if count > min(_MAX_SMALL, left):
            numbers[path] = {"error": f"more than {min(_MAX_SMALL, left):,} values"}
            continue
        left -= count
        numbers[path] = read_value(read_numbers, dataset, path)
    return numbers
