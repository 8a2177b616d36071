"""A violation of a schema: its message and location, and functions that create the common ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aind_lint.text.characters import one_line
from aind_lint.text.json_position import split_pointer
from aind_lint.text.quantities import format_count
from aind_lint.text.suggestions import closest

#: Characters of a value in a message.
_MAX_VALUE = 80
#: A message lists up to this many allowed values; of more, only the closest.
_MAX_LISTED = 6

#: What a text should look like, by the format of JSON Schema.
FORMATS = {
    "date": "a date (YYYY-MM-DD)",
    "date-time": "a date and time (YYYY-MM-DDTHH:MM:SS with an offset)",
    "decimal": "a number",
    "time": "a time (HH:MM:SS)",
}


@dataclass(frozen=True)
class Violation:
    """A violation of a schema or of the models.

    Attributes:
        pointer: JSON pointer to the value, or to the missing field.
        message: What is wrong, in one line of at most 240 characters.
        found: The value as text.
        expected: The value that should be there, or the closest allowed value.
        fix: What to do in the file, without its name and without a period.
    """

    pointer: str
    message: str
    found: str | None = None
    expected: str | None = None
    fix: str | None = None


def missing_field(pointer: str, description: str = "") -> Violation:
    """A required field is missing.

    Args:
        pointer: Where it should be.
        description: The schema's description of the field.
    """
    message = f"the field '{field_name(pointer)}' is missing{description and f' ({description})'}"
    return Violation(pointer, one_line(message), fix=f"Add {pointer}")


def unknown_field(pointer: str, value: Any, suggestion: str | None = None) -> Violation:
    """A field is not part of the schema.

    Args:
        pointer: Where it is.
        value: Its value.
        suggestion: The field that was probably meant.
    """
    hint = f"; did you mean '{suggestion}'?" if suggestion else ""
    fix = f'Rename {pointer} to "{suggestion}"' if suggestion else f"Remove {pointer}"
    message = f"unknown field '{field_name(pointer)}'{hint}"
    return Violation(pointer, one_line(message), display_value(value), suggestion, fix)


def wrong_value(pointer: str, value: Any, expected: str) -> Violation:
    """A value is not what the schema requires."""
    found = display_value(value)
    message = f"'{field_name(pointer)}' is {found}; it should be {expected}"
    return Violation(pointer, one_line(message), found, fix=one_line(f"Set {pointer} to {expected}"))


def too_few_items(pointer: str, value: Any, count: int, least: int) -> Violation:
    """A list is too short."""
    message = f"'{field_name(pointer)}' has {count} items; at least {least} are needed"
    return Violation(pointer, one_line(message), display_value(value), fix=f"Add items to {pointer}")


def value_not_allowed(pointer: str, value: Any, allowed: Mapping[str, Any]) -> Violation:
    """A value is not one of the allowed values.

    Args:
        pointer: Where it is.
        value: The value.
        allowed: The allowed values by their names in messages: an object by its name.
    """
    field, found = field_name(pointer), display_value(value)
    if len(allowed) == 1:
        ((only, right),) = allowed.items()
        message = f"'{field}' is {found}; only '{only}' is allowed"
        return Violation(pointer, one_line(message), found, only, set_to(pointer, right))
    suggestion = closest(str(value.get("name", "")) if isinstance(value, dict) else str(value), allowed)
    hint = ""
    if suggestion:
        hint = f"; did you mean '{suggestion}'?"
    elif len(allowed) <= _MAX_LISTED:
        hint = f": {', '.join(allowed)}"
    message = f"'{field}' is {found}, which is not one of the {len(allowed)} allowed values{hint}"
    fix = set_to(pointer, allowed[suggestion]) if suggestion else f"Set {pointer} to one of the allowed values"
    return Violation(pointer, one_line(message), found, suggestion, fix)


def set_to(pointer: str, value: Any) -> str:
    """The fix that sets a value, which it shows as JSON."""
    return f"Set {pointer} to {json.dumps(value, ensure_ascii=False)}"


def field_name(pointer: str) -> str:
    """The last field of a pointer, with the indices after it: ``injection_materials[0]``."""
    name = ""
    for part in reversed(split_pointer(pointer)):
        if not part.isdecimal():
            return part + name
        name = f"[{part}]{name}"
    return name or "the file"


def display_value(value: Any) -> str:
    """A value as messages show it."""
    if isinstance(value, dict):
        return f"an object with {format_count(len(value), 'field')}"
    if isinstance(value, list):
        return f"a list of {format_count(len(value), 'item')}"
    text = f"'{value}'" if isinstance(value, str) else str(value).lower() if value is not None else "null"
    return one_line(text, _MAX_VALUE)
