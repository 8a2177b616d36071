"""A table in a CSV file, read as a stream: its columns, how many rows it has, and what is wrong with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

#: Columns that count something, one by one.
COUNTERS = ("CameraFrameNumber",)

#: Bytes of the longest line; what is longer is no table.
_MAX_LINE = 1_000_000

Problem = Literal["unreadable", "missing-header", "ragged-rows", "skipped-frames"]


@dataclass
class CsvTable:
    """What was found.

    Attributes:
        columns: The header's cells.
        rows: How many rows there are below the header.
        problems: For each kind of problem, its first occurrence: the line, and what is wrong there.
        whole: Whether the file was read to its end.
    """

    columns: list[str] = field(default_factory=list)
    rows: int = 0
    problems: dict[Problem, tuple[int, str]] = field(default_factory=dict)
    whole: bool = True


def read_table(stream: BinaryIO) -> CsvTable:
    """Read a table, row by row. A file that is not UTF-8 or breaks the rules of quoting is read up to there.

    Raises:
        OSError: The stream cannot be read.
    """
    table = CsvTable()
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    try:
        _read(reader, table)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        table.problems["unreadable"] = (lines.number, f"the byte 0x{byte:02X} is no UTF-8")
    except csv.Error as error:
        table.problems["unreadable"] = (lines.number, _SAID.get(str(error), str(error)))
    table.whole = "unreadable" not in table.problems
    return table


_SAID = {
    "',' expected after '\"'": "text follows a closing quotation mark",
    "unexpected end of data": "a quotation mark is opened and never closed",
    "field larger than field limit (131072)": "a quotation mark is opened and not closed for a long time",
}


def _read(reader: Iterator[list[str]], table: CsvTable) -> None:
    header = next(reader, None)
    if header is None:
        return
    table.columns = [cell.strip() for cell in header]
    if fault := _fault_of_header(header):
        table.problems["missing-header"] = (1, fault)
    width = len(header)
    counter = next((table.columns.index(name) for name in COUNTERS if name in table.columns), None)
    before: int | None = None
    for row in reader:
        if len(row) != width:
            if not row:
                continue  # an empty line, which many programs write at the end
            if "ragged-rows" not in table.problems:
                message = f"the row has {len(row)} fields, the header has {width}"
                table.problems["ragged-rows"] = (reader.line_num, message)  # type: ignore[attr-defined]
        elif counter is not None:
            number = _integer(row[counter])
            if "skipped-frames" not in table.problems and (
                number is None or (before is not None and number != before + 1)
            ):
                said = f"{row[counter]} follows {before}" if before is not None else f"{row[counter]} is no number"
                message = f"{table.columns[counter]}: {said}"
                table.problems["skipped-frames"] = (reader.line_num, message)  # type: ignore[attr-defined]
            before = number
        table.rows += 1


def _fault_of_header(header: list[str]) -> str | None:
    if len(header) == 1 and any(mark in header[0] for mark in (";", "\t")):
        return "the columns are separated by something else than a comma"
    if header and all(_is_number(cell) for cell in header):
        return "the first row holds numbers, not the names of the columns"
    return None


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
    """The lines of a text, none of them longer than a table's can be; ``number`` is that of the last one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        encoding = "utf-8-sig"  # Excel begins a file with a byte order mark
        while raw := self._stream.readline(_MAX_LINE):
            self.number += 1
            if len(raw) == _MAX_LINE:
                raise csv.Error("there is a line of a million bytes")
            if b"\0" in raw:
                raise csv.Error("there is a null character, as in binary data")
            yield raw.decode(encoding)
            encoding = "utf-8"
