"""Positions of the protocol: lines and columns from 0, columns in code units, and every line end of the protocol."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from aind_lint.finding import Location

#: Line and column of start and end.
Range = list[list[int]]


class Positions:
    """Positions in one text."""

    def __init__(self, text: str, has_mark: bool, encoding: str) -> None:
        """Take a text.

        Args:
            text: The text without a byte order mark.
            has_mark: Whether a byte order mark, which editors count as a character, precedes the text.
            encoding: The unit of columns: utf-8, utf-16 or utf-32.
        """
        self._text = text
        self._mark = int(has_mark)
        self._encoding = encoding

    @cached_property
    def _starts(self) -> list[int]:
        """The offsets of the lines as findings count them: only line feeds end a line."""
        starts = [0]
        while position := self._text.find("\n", starts[-1]) + 1:
            starts.append(position)
        return starts

    def range_of(self, location: Location) -> Range:
        """The range of a finding; the start of the file for one without a position."""
        if location.line is None or location.column is None or not self._text:
            return [[0, 0], [0, 0]]
        start = self._offset(location.line, location.column)
        end = min(start + location.width, self._line_end(start))
        return [self._position(start), self._position(end)]

    def range_of_edit(self, edit: dict[str, Any]) -> Range | None:
        """The range that an edit of a text replaces; None for another kind of edit."""
        if edit.get("action") != "replace" or edit.get("line") is None:
            return None
        start = self._offset(edit["line"], edit["column"])
        return [self._position(start), self._position(self._offset(edit["end_line"], edit["end_column"]))]

    def _offset(self, line: int, column: int) -> int:
        starts = self._starts
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(self._text))

    def _line_end(self, offset: int) -> int:
        ends = (position for end in "\r\n" if (position := self._text.find(end, offset)) >= 0)
        return min(ends, default=len(self._text))

    def _position(self, offset: int) -> list[int]:
        start = max(self._text.rfind("\n", 0, offset), self._text.rfind("\r", 0, offset)) + 1
        before = self._text[:start]
        line = before.count("\n") + before.count("\r") - before.count("\r\n")
        column = _units(self._text[start:offset], self._encoding)
        return [line, column + (self._mark if line == 0 else 0)]


def _units(text: str, encoding: str) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
