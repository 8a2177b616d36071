"""Tables of rows: what a dictionary says, however many rows there are and in whatever order they come."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.errors import UsageError
from aind_lint.storage import blob_spool as spool
from aind_lint.storage import sorted_table as rows
from aind_lint.storage.blob_spool import BlobSpool
from aind_lint.storage.sorted_table import SortedTable, merge_join

KEYS = st.text(st.sampled_from("ab/.-é\udc80\U0001f600"), max_size=5)
CONTENT = st.dictionaries(KEYS, st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**64 - 1)), max_size=40)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few rows are many, and few bytes go to a file."""
    monkeypatch.setattr(rows, "_ROWS_PER_BLOCK", 4)
    monkeypatch.setattr(rows, "_ROWS_PER_CHUNK", 8)
    monkeypatch.setattr(spool, "MEMORY_LIMIT", 100)


@given(content=CONTENT, more=CONTENT)
def test_a_table_equals_a_dictionary(content, more):
    table = SortedTable.of(((key, *numbers) for key, numbers in content.items()), "qQ")
    assert list(table) == sorted(content)
    assert dict(table.items()) == content and len(table) == len(content)
    assert list(table.values()) == [content[key] for key in sorted(content)]
    assert [table.index(key) for key in sorted(content)] == list(range(len(content)))
    for key in [*content, *more]:
        assert (key in table, table.get(key)) == (key in content, content.get(key))
        following = sorted(other for other in content if other >= key)
        assert [row[0] for row in table.rows_from(key)] == list(table.keys_from(key)) == following
        containing = [other for other in table.keys_from(key, key[-1:]) if key[-1:] in other]
        assert containing == [other for other in following if key[-1:] in other]
    columns = SortedTable((), "qQ")
    columns.extend_columns(sorted(content), *([content[key][i] for key in sorted(content)] for i in (0, 1)))
    assert columns == table
    other = SortedTable.of(((key, *numbers) for key, numbers in more.items()), "qQ")
    assert (table == other) is (content == more)
    both = [(row and row[0], same and same[0]) for row, same in merge_join(table.rows(), other.rows())]
    assert both == [
        (key if key in content else None, key if key in more else None) for key in sorted({*content, *more})
    ]


def test_a_key_with_the_separator_is_refused():
    with pytest.raises(ValueError, match="null"):
        SortedTable([("a\0b",)])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_for_temporary_files_is_reported(monkeypatch):
    with Path("/dev/full").open("r+b", buffering=0) as full:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda: full)
        some = BlobSpool()
        with pytest.raises(UsageError, match=r"temporary files.*no space left"):
            some.add(bytes(200))


def test_rows_in_any_order_stay_out_of_memory(monkeypatch):
    monkeypatch.setattr(rows, "_ROWS_PER_BLOCK", 64)
    monkeypatch.setattr(rows, "_ROWS_PER_CHUNK", 2048)
    monkeypatch.setattr(spool, "MEMORY_LIMIT", 300_000)  # more than a sorted chunk has, and far less than all
    tracemalloc.start()
    table = SortedTable.of((f"{number * 7919 % 40_000:0100}",) for number in range(40_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(table) == 40_000
    assert peak < 2_500_000
