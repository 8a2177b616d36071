"""The position of a value in a JSON text.

Only the path to one value is walked. The C scanner of the standard library skips everything else, at most twice, so a
position costs at most 2.1 times `json.loads` (3.8 MB: 115 ms). A map of all positions needs a parser in Python, which
takes 6.4 times `json.loads` for every file, with errors or without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
# The scanners behind `json.loads`: value or string at a position, and where it ends.
_scan_value: Callable[[str, int], tuple[Any, int]] = getattr(json.JSONDecoder(strict=False), "scan_once")  # noqa: B009
_scan_string: Callable[[str, int, bool], tuple[str, int]] = getattr(json.decoder, "scanstring")  # noqa: B009


@dataclass(frozen=True)
class Span:
    """A part of a text: ``text[start:end]``."""

    start: int
    end: int


def split_pointer(pointer: str) -> list[str]:
    """The parts of a JSON pointer (RFC 6901): ``/a~1b/0`` gives ``["a/b", "0"]``."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def join_pointer(parts: Iterable[str | int]) -> str:
    """The JSON pointer of a path: the inverse of `split_pointer`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def resolve(data: Any, pointer: str) -> Any:
    """The value at ``pointer``.

    Raises:
        LookupError: There is no value at that pointer.
    """
    for part in split_pointer(pointer):
        if isinstance(data, list):
            if not part.isdecimal():
                raise LookupError(pointer)
            data = data[int(part)]
        elif isinstance(data, dict):
            data = data[part]
        else:
            raise LookupError(pointer)
    return data


def locate(text: str, pointer: str) -> Span:
    """The span of the value at ``pointer`` in ``text``, which is valid JSON.

    If the last parts of the pointer do not exist (a missing field), the span is the key of the innermost value that
    does, or the opening bracket of the text.
    """
    start = _skip_space(text, 0)
    nearest = Span(start, start + 1)
    for part in split_pointer(pointer):
        found = _enter(text, start, part)
        if found is None:
            return nearest
        start, nearest = found
    try:
        return Span(start, _scan_value(text, start)[1])
    except (StopIteration, ValueError, RecursionError):
        return nearest


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1; columns count characters."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _enter(text: str, start: int, part: str) -> tuple[int, Span] | None:
    """The start of member ``part`` of the container at ``start``, and the span that names it."""
    try:
        if text[start] == "{":
            return _enter_object(text, start + 1, part)
        if text[start] == "[" and part.isdecimal():
            return _enter_array(text, start + 1, int(part))
    except (StopIteration, ValueError, IndexError, RecursionError):
        pass  # not valid JSON: the caller falls back to the nearest span
    return None


def _enter_object(text: str, position: int, name: str) -> tuple[int, Span] | None:
    found = None
    position = _skip_space(text, position)
    while text[position] == '"':
        key_start = position
        key, position = _scan_string(text, position + 1, False)
        key_span = Span(key_start, position)
        position = _skip_space(text, position)
        value_start = _skip_space(text, position + 1)  # over the colon
        if key == name:
            found = value_start, key_span  # the last of duplicate keys counts, as in `json.loads`
        position = _skip_space(text, _scan_value(text, value_start)[1])
        if text[position] != ",":
            break
        position = _skip_space(text, position + 1)
    return found


def _enter_array(text: str, position: int, index: int) -> tuple[int, Span] | None:
    position = _skip_space(text, position)
    while text[position] != "]":
        if index == 0:
            return position, Span(position, position + 1)
        position = _skip_space(text, _scan_value(text, position)[1])
        if text[position] != ",":
            break
        position = _skip_space(text, position + 1)
        index -= 1
    return None
