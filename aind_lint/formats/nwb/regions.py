"""Selections of rows of a table in an NWB file, such as the electrodes of a series: every row exists.

Source: ``DynamicTableRegion``, https://hdmf-common-schema.readthedocs.io/en/stable/format.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.formats.nwb.nwb_file import REGION, NwbFile
from aind_lint.formats.nwb.unread_values import UnreadValues
from aind_lint.formats.problem import Result


def check_regions(nwb: NwbFile) -> Iterator[Result]:
    """The selections of rows that their table does not have."""
    unread = UnreadValues(nwb, "nwb-reference", "selections of rows")
    for node in list(nwb.nodes.values()):
        if node.type != REGION or not node.shape or not all(node.shape):
            continue
        path = _table(node.attributes.get("table"))
        rows = None if path is None else _rows(nwb, path)
        if rows is None:
            continue  # a reference to nothing is reported by itself
        numbers = yield from unread.read(node, nwb.read_numbers)
        beyond = next((row for row in numbers or () if isinstance(row, int) and not 0 <= row < rows), None)
        if beyond is not None:
            has = f"rows 0 to {rows - 1:,}" if rows else "no rows"
            yield node.problem(
                "nwb-reference",
                f"{node.path} of {nwb.name} selects row {beyond:,} of /{path}, which has {has}",
                found=str(beyond),
                expected=f"0 to {rows - 1}" if rows else None,
                fix=f"Write {node.path} again with {has} of /{path}. Rows count from 0."
                if rows
                else f"Restore the rows of /{path}.",
            )
    yield from unread.results()


def _table(reference: Any) -> str | None:
    """The path of the table; None if it is in another file or not known."""
    if isinstance(reference, dict):
        for wrapper in ("value", "_REFERENCE"):  # of hdmf-zarr for Zarr v2 and v3
            if isinstance(reference.get(wrapper), dict):
                reference = reference[wrapper]
        path = reference.get("path")
        if reference.get("source") in (".", "", None) and isinstance(path, str):
            return path.strip("/")
    return None


def _rows(nwb: NwbFile, table: str) -> int | None:
    """Rows of a table, those of its longest column if they differ; None if they are not known."""
    prefix = f"{table}/"
    ids = nwb.dataset(f"{prefix}id")
    group = nwb.group(table)
    if group is None or ids is None or not ids.shape:
        return None
    names = group.attributes.get("colnames")
    columns = [nwb.dataset(f"{prefix}{name}") for name in names] if isinstance(names, (list, tuple)) else []
    plain = [column for column in columns if column and column.shape and not nwb.dataset(f"{column.path}_index")]
    return max(column.shape[0] for column in (ids, *plain) if column.shape)
