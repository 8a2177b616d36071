"""Tables are read as streams, and every fault is placed in its line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.storage.csv_reader import read_table

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


def read(content):
    return read_table(io.BytesIO(content), len(content))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6))
def test_whatever_a_csv_writer_writes_is_a_table(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["trial", "remark"], *rows])
    table = read(text.getvalue().encode())
    assert (table.columns, table.rows, table.problems, table.complete) == (["trial", "remark"], len(rows), {}, True)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_a_crash(content):
    table = read(content)
    assert all(line >= 1 and "\n" not in message for line, message in table.problems.values())


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        (b"a,b\n1,2\n3,\xff\n", "unreadable", 3),
        (b'a,b\n1,"open\n2,3\n', "unreadable", 3),
        (b'a,b\n1,"x"y\n', "unreadable", 2),
        (b"a,b\n1,\0\n", "unreadable", 2),
        (b"a,b\n" + b"x" * 1_000_001, "unreadable", 2),
        (b"1,2.5\n3,4\n", "missing-header", 1),
        (b"a;b\n1;2\n", "missing-header", 1),
        (b"a\tb\n1\t2\n", "missing-header", 1),
        (b"a,b\n1,2\n3\n4,5,6\n", "ragged-rows", 3),
        (b"CameraFrameNumber\n7\n8\n10\n", "skipped-frames", 4),
        (b"CameraFrameNumber\n7\n7\n", "skipped-frames", 3),
        (b"CameraFrameNumber\n7\nlost\n", "skipped-frames", 3),
    ],
)
def test_the_first_fault_and_its_line(content, problem, line):
    found = read(content).problems
    assert problem in found and found[problem][0] == line, found


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbfa,b\r\n1,2\r\n", b",b\n0,1\n", b"a\n1\n\n\n", b"CameraFrameNumber\n7.0\n8.0\n"]
)
def test_what_is_no_fault(content):
    assert not read(content).problems


def test_a_large_table_is_never_completely_in_memory():
    class Endless(io.RawIOBase):
        """Five million rows, made as they are asked for."""

        def __init__(self) -> None:
            self.left = 200_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            if not self.left:
                return 0
            self.left -= 1
            line = b"1,2\n"
            buffer[: len(line)] = line
            return len(line)

    assert read_table(io.BufferedReader(Endless()), 2**31).rows == 199_999


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n\n3,4\n",
        b"a,b\r\n1,2\r\n3,4",
        b"a,b\n1,2,3\n",
        b"a,b\n1\n",
        b"a\n\n1\n",
        b"\na,b\n1,2\n",
        b"1,2\n3,4\n",
        b"a;b\n1;2\n",
        b"",
        b"a,b",
        b"a" * 140_000 + b",b\n1,2\n",
        b"a,b\n1," + b"2" * 140_000 + b"\n",
        b"a,b\n1\r2,3\n",
        b"a,b\n1,\0\n",
    ],
)
def test_a_table_is_the_same_in_memory_and_as_a_stream(content):
    assert read(content) == read_table(io.BytesIO(content), 2**31)
