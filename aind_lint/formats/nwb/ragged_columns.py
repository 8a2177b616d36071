"""Indexes of ragged columns in the tables of an NWB file: each row ends within the column, after the row before it.

Source: ``VectorIndex``, https://hdmf-common-schema.readthedocs.io/en/stable/format.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from aind_lint.formats.nwb.nwb_file import INDEX, NwbFile
from aind_lint.formats.nwb.unread_values import UnreadValues
from aind_lint.formats.problem import Result

#: The suffix of the name of an index, after the name of its column.
_SUFFIX = "_index"
#: The index of spike times, which another rule is about.
SPIKE_INDEX = f"units/spike_times{_SUFFIX}"


class WrongEnd(NamedTuple):
    """A row of a ragged column that ends at the wrong item."""

    row: int
    end: Any


def wrong_end(ends: Sequence[Any], total: int) -> WrongEnd | None:
    """The first row that ends before the row before it, or beyond the column; or the last row, if items follow it."""
    if not all(isinstance(end, int) for end in ends):
        return None  # readers refuse other types
    before = 0
    for row, end in enumerate(ends):
        if not before <= end <= total:
            return WrongEnd(row, end)
        before = end
    return WrongEnd(len(ends) - 1, ends[-1]) if ends and ends[-1] != total else None


def check_ragged_columns(nwb: NwbFile) -> Iterator[Result]:
    """The indexes that do not fit their columns, except that of spike times."""
    unread = UnreadValues(nwb, "nwb-index", "indexes")
    for index in list(nwb.nodes.values()):
        if index.type != INDEX or not index.path.endswith(_SUFFIX) or index.path == SPIKE_INDEX:
            continue
        column = nwb.dataset(index.path.removesuffix(_SUFFIX))
        if column is None or not column.shape or not index.shape:
            continue
        ends = yield from unread.read(index, nwb.read_numbers)
        total = column.shape[0]
        if ends and (wrong := wrong_end(ends, total)):
            yield index.problem(
                "nwb-index",
                f"{index.path} of {nwb.name} ends row {wrong.row:,} at item {wrong.end:,}, but {column.path} has "
                f"{total:,} items",
                found=str(wrong.end),
                expected=f"at most {total}, ascending, and {total} in the last row",
            )
    yield from unread.results()
