"""The tables of an asset, each read once for all rules that ask."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from aind_lint.asset.asset import Asset
from aind_lint.errors import os_error_reason
from aind_lint.storage.csv_table import CsvTable, read_table

#: A larger file is not read, and a rule reads no more than so many.
MAX_SIZE, MAX_TABLES = 2_000_000_000, 500

_READ: WeakKeyDictionary[Asset, dict[str, CsvTable | str]] = WeakKeyDictionary()


def table_of(asset: Asset, key: str) -> CsvTable | str:
    """The table at ``key``, or why it was not read."""
    tables = _READ.setdefault(asset, {})
    if key not in tables:
        tables[key] = _read(asset, key)
    return tables[key]


def _read(asset: Asset, key: str) -> CsvTable | str:
    if asset.listing.files[key].size > MAX_SIZE:
        return f"the file is larger than {MAX_SIZE // 1_000_000_000} GB"
    try:
        with asset.listing.open(key) as stream:
            return read_table(stream)
    except OSError as error:
        return f"the file could not be read: {os_error_reason(error)}"
