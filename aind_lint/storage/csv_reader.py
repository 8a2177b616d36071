"""A table in a CSV file, read as a stream: its columns, the number of its rows, and its problems."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from math import log10
from typing import BinaryIO, Literal

#: Columns whose values rise by one from row to row.
FRAME_NUMBER_COLUMNS = ("CameraFrameNumber",)
#: Columns with the time of a frame, in seconds and in a unit of the camera.
_TIME_COLUMNS = ("ReferenceTime", "CameraFrameTime")
#: Seconds by which the intervals of the two can differ. Source: behavior videos, AIND file standards.
_INTERVAL_TOLERANCE = 0.0005

#: A longer line is a sign of binary data.
_MAX_LINE_BYTES = 1_000_000
#: Bytes of a larger table that is read as a stream.
_MAX_BYTES_IN_MEMORY = 1_000_000
#: The csv module refuses longer cells.
_MAX_REGULAR_LINE = 131_072

Problem = Literal["unreadable", "missing-header", "ragged-rows", "skipped-frames", "unequal-intervals"]


@dataclass
class CsvTable:
    """The content of a CSV file in outline.

    Attributes:
        columns: The cells of the header.
        rows: Number of rows below the header.
        problems: The first occurrence of each kind of problem: line number and description.
        complete: Whether the file was read to its end.
    """

    columns: list[str] = field(default_factory=list)
    rows: int = 0
    problems: dict[Problem, tuple[int, str]] = field(default_factory=dict)
    complete: bool = True


def read_table(stream: BinaryIO, size: int) -> CsvTable:
    """Read a table up to the first byte that is not UTF-8 or the first quoting error.

    Args:
        stream: The file.
        size: Its size in bytes.

    Raises:
        OSError: The stream cannot be read.
    """
    if size <= _MAX_BYTES_IN_MEMORY:
        content = stream.read(size)
        if (table := _read_regular(content)) is not None:
            return table
        stream = BytesIO(content)
    table = CsvTable()
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    try:
        _read(reader, table)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        table.problems["unreadable"] = (lines.number, f"the byte 0x{byte:02X} is not UTF-8")
    except csv.Error as error:
        table.problems["unreadable"] = (lines.number, _CSV_ERRORS.get(str(error), str(error)))
    table.complete = "unreadable" not in table.problems
    return table


_CSV_ERRORS = {
    "',' expected after '\"'": "text follows a closing quotation mark",
    "unexpected end of data": "a quotation mark is opened and never closed",
    "field larger than field limit (131072)": "a quotation mark is opened and not closed within 131,072 characters",
}


def _read_regular(content: bytes) -> CsvTable | None:
    """A table without quotation marks and with equal rows, as nearly all are; None for any other file.

    It is not parsed row by row, which takes ten times as long.
    """
    content = content.replace(b"\r\n", b"\n")
    if not content.isascii() or any(byte in content for byte in (b'"', b"\r", b"\0")):
        return None
    first, *rows = content.decode("ascii").split("\n")
    header = first.split(",")
    columns = [cell.strip() for cell in header]
    compared = {*FRAME_NUMBER_COLUMNS, *_TIME_COLUMNS}
    if not first or _header_fault(header) or not compared.isdisjoint(columns):
        return None
    rows = [row for row in rows if row]
    if {row.count(",") for row in rows} - {len(header) - 1} or len(max((first, *rows), key=len)) > _MAX_REGULAR_LINE:
        return None
    return CsvTable(columns, len(rows))


def _read(reader: Iterator[list[str]], table: CsvTable) -> None:
    header = next(reader, None)
    if header is None:
        return
    table.columns = [cell.strip() for cell in header]
    if fault := _header_fault(header):
        table.problems["missing-header"] = (1, fault)
    width = len(header)
    counter = next((table.columns.index(name) for name in FRAME_NUMBER_COLUMNS if name in table.columns), None)
    previous: int | None = None
    intervals = _Intervals(table.columns)
    for row in reader:
        if len(row) != width:
            if not row:
                continue  # an empty line, which many programs write at the end
            if "ragged-rows" not in table.problems:
                message = f"the row has {len(row)} fields, the header has {width}"
                table.problems["ragged-rows"] = (reader.line_num, message)  # type: ignore[attr-defined]
        elif counter is not None:
            number = _integer(row[counter])
            if "skipped-frames" not in table.problems and (fault := _counter_fault(row[counter], number, previous)):
                message = f"{table.columns[counter]}: {fault}"
                table.problems["skipped-frames"] = (reader.line_num, message)  # type: ignore[attr-defined]
            previous = number
        if intervals.comparable and len(row) == width and (fault := intervals.fault(row)):
            table.problems["unequal-intervals"] = (reader.line_num, fault)  # type: ignore[attr-defined]
            intervals.comparable = False  # the first one is reported
        table.rows += 1


class _Intervals:
    """Compares the intervals between frames of the two clocks of a camera's table.

    The unit of the camera's clock is not stated. It is the power of ten that makes the first intervals equal.
    """

    def __init__(self, columns: list[str]) -> None:
        known = all(name in columns for name in _TIME_COLUMNS)
        self.comparable = known
        self._at = tuple(columns.index(name) for name in _TIME_COLUMNS) if known else ()
        self._previous: tuple[float, float] | None = None
        self._unit: float | None = None

    def fault(self, row: list[str]) -> str | None:
        """What is wrong with the interval before a row; None if nothing is, or it cannot be compared."""
        try:
            reference, camera = (float(row[at]) for at in self._at)
        except ValueError:
            self.comparable = False
            return None
        before, self._previous = self._previous, (reference, camera)
        if before is None:
            return None
        interval, own = reference - before[0], camera - before[1]
        if self._unit is None:
            if interval <= 0 or own <= 0:
                self.comparable = False
                return None
            exponent = log10(own / interval)
            if abs(exponent - round(exponent)) > 0.1 or not 0 <= round(exponent) <= 9:
                self.comparable = False  # two clocks without a common unit
                return None
            self._unit = 10.0 ** round(exponent)
        difference = abs(own / self._unit - interval)
        if difference <= _INTERVAL_TOLERANCE:
            return None
        return (
            f"the interval is {interval * 1000:,.3f} ms in {_TIME_COLUMNS[0]}, "
            f"but {own / self._unit * 1000:,.3f} ms in {_TIME_COLUMNS[1]}"
        )


def _header_fault(header: list[str]) -> str | None:
    if len(header) == 1 and any(separator in header[0] for separator in (";", "\t")):
        return "the columns are not separated by commas"
    if header and all(_is_number(cell) for cell in header):
        return "the first row contains numbers, not column names"
    return None


def _counter_fault(cell: str, number: int | None, previous: int | None) -> str | None:
    if previous is None:
        return f"{cell} is not a number" if number is None else None
    return None if number == previous + 1 else f"{cell} follows {previous}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return int(float(text)) if _is_number(text) and float(text).is_integer() else None


class _Lines:
    """The lines of a stream, up to the longest a table can have; ``number`` is the number of the latest line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        encoding = "utf-8-sig"  # Excel begins a file with a byte order mark
        while raw := self._stream.readline(_MAX_LINE_BYTES):
            self.number += 1
            if len(raw) == _MAX_LINE_BYTES:
                raise csv.Error("a line is longer than a million bytes")
            if b"\0" in raw:
                raise csv.Error("a line contains a null character, as binary data does")
            yield raw.decode(encoding)
            encoding = "utf-8"
