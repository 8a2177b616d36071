"""Edits of the text of a sidecar: every character outside of them stays as it is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aind_lint.text.json_scanner import JsonValue, json_values, trailing_commas


@dataclass(frozen=True)
class TextEdit:
    """Replaces ``text[start:end]``."""

    start: int
    end: int
    replacement: str


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """The text with all edits, which do not overlap."""
    parts, position = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        assert edit.start >= position, "edits overlap"
        parts += [text[position : edit.start], edit.replacement]
        position = edit.end
    return "".join([*parts, text[position:]])


def remove_trailing_commas(text: str) -> list[TextEdit]:
    """The edits that make a text valid JSON whose only fault are commas before closing brackets; else none."""
    edits = [TextEdit(comma, comma + 1, "") for comma in trailing_commas(text)]
    try:
        json.loads(apply_edits(text, edits))
    except (ValueError, RecursionError):
        return []
    return edits


@dataclass(frozen=True)
class Duplicates:
    """The repeated keys of a text whose values are equal.

    Attributes:
        edits: The edits that remove them; the first of equal keys stays.
        keys: The keys that no object repeats any more then.
    """

    edits: tuple[TextEdit, ...]
    keys: frozenset[str]


def find_duplicates(text: str) -> Duplicates:
    """The keys that an object of a JSON text repeats with equal values."""
    members: dict[tuple[int, str], list[JsonValue]] = defaultdict(list)
    for value in json_values(text):
        if value.path and isinstance(value.path[-1], str):
            members[value.container, value.path[-1]].append(value)
    removed: list[TextEdit] = []
    equal: set[str] = set()
    different: set[str] = set()
    for (_, key), same in members.items():
        if len(same) == 1:
            continue
        first, *others = (_content(text[value.start : value.end]) for value in same)
        if all(other == first for other in others):
            equal.add(key)
            removed += [TextEdit(value.comma, value.end, "") for value in same[1:] if value.comma is not None]
        else:
            different.add(key)
    return Duplicates(tuple(_outermost(removed)), frozenset(equal - different))


def _outermost(edits: list[TextEdit]) -> list[TextEdit]:
    """The edits that are not inside of another one."""
    result: list[TextEdit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if not result or edit.start >= result[-1].end:
            result.append(edit)
    return result


def _content(text: str) -> Any:
    """The content of a JSON text, equal to that of another text only if every reader finds the same in both."""

    def number(digits: str) -> Any:
        return ("float", Decimal(digits), digits.startswith("-"))

    def pairs(members: list[tuple[str, Any]]) -> Any:
        content: dict[str, Any] = {}
        for key, value in members:
            if key in content and content[key] != value:
                return object()  # which value counts depends on the reader
            content[key] = value
        return ("object", content)

    return json.loads(
        text,
        strict=False,
        object_pairs_hook=pairs,
        parse_float=number,
        parse_int=lambda digits: ("int", digits),
        parse_constant=lambda word: ("constant", word),
    )


def replace_string(text: str, value: JsonValue, content: str) -> TextEdit:
    """The edit that gives a string another content; what is outside ASCII is written as it was."""
    written = json.dumps(content, ensure_ascii=text[value.start : value.end].isascii())
    return TextEdit(value.start, value.end, written)
