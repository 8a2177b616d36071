"""One thing that a schema rejects, in words people understand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aind_lint.text.characters import one_line
from aind_lint.text.json_position import split_pointer
from aind_lint.text.suggestions import closest

#: So many characters of a value are shown.
_VALUE_LENGTH = 80
#: So many allowed values are listed; of more only the nearest is named.
_LISTED = 6

#: What text should look like, by the formats of JSON Schema.
FORMATS = {
    "date": "a date (YYYY-MM-DD)",
    "date-time": "a date and time (YYYY-MM-DDTHH:MM:SS with an offset)",
    "decimal": "a number",
    "time": "a time (HH:MM:SS)",
}


@dataclass(frozen=True)
class Violation:
    """One thing that a schema or the models reject.

    Attributes:
        pointer: JSON pointer to the value, or to the missing field.
        message: What is wrong, in one line of at most 240 characters.
        found: The value as text.
        expected: What should stand there, or the nearest allowed value.
    """

    pointer: str
    message: str
    found: str | None = None
    expected: str | None = None


def missing_field(pointer: str, meaning: str = "") -> Violation:
    """A field that is not there.

    Args:
        pointer: Where it should be.
        meaning: What the schema says it is.
    """
    return Violation(pointer, one_line(f"the field '{field_name(pointer)}' is missing{meaning and f' ({meaning})'}"))


def unknown_field(pointer: str, value: Any, meant: str | None = None) -> Violation:
    """A field that the schema does not have there.

    Args:
        pointer: Where it stands.
        value: Its value.
        meant: The field that it was probably meant to be.
    """
    hint = f"; did you mean '{meant}'?" if meant else ""
    return Violation(pointer, one_line(f"unknown field '{field_name(pointer)}'{hint}"), display_value(value), meant)


def wrong_value(pointer: str, value: Any, expected: str) -> Violation:
    """A value of another kind than the schema says."""
    found = display_value(value)
    return Violation(pointer, one_line(f"'{field_name(pointer)}' is {found}; it should be {expected}"), found)


def too_few_items(pointer: str, value: Any, count: int, least: int) -> Violation:
    """A list that is too short."""
    message = f"'{field_name(pointer)}' has {count} items; at least {least} are needed"
    return Violation(pointer, one_line(message), display_value(value))


def value_not_allowed(pointer: str, value: Any, allowed: Sequence[str]) -> Violation:
    """A value that is none of those allowed."""
    field, found = field_name(pointer), display_value(value)
    if len(allowed) == 1:
        return Violation(pointer, one_line(f"'{field}' is {found}; only '{allowed[0]}' is allowed"), found, allowed[0])
    close = closest(str(value.get("name", "")) if isinstance(value, dict) else str(value), allowed)
    meant = f"; did you mean '{close}'?" if close else f": {', '.join(allowed)}" if len(allowed) <= _LISTED else ""
    message = f"'{field}' is {found}, which is not one of the {len(allowed)} allowed values{meant}"
    return Violation(pointer, one_line(message), found, close)


def field_name(pointer: str) -> str:
    """A place as people name it: ``injection_materials[0]``."""
    name = ""
    for part in reversed(split_pointer(pointer)):
        if not part.isdecimal():
            return part + name
        name = f"[{part}]{name}"
    return name or "the file"


def display_value(value: Any) -> str:
    """A value as a message shows it."""
    if isinstance(value, dict):
        return f"an object with {len(value)} fields"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = f"'{value}'" if isinstance(value, str) else str(value).lower() if value is not None else "null"
    return one_line(text, _VALUE_LENGTH)
