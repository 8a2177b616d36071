"""Faults as people read them: each in one line, and several with one cause as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from aind_lint.schema.keyword_failure import KeywordFailure
from aind_lint.schema.violation import (
    FORMATS,
    Violation,
    display_value,
    field_name,
    missing_field,
    too_few_items,
    unknown_field,
    value_not_allowed,
    wrong_value,
)
from aind_lint.text.characters import one_line
from aind_lint.text.json_position import join_pointer
from aind_lint.text.suggestions import closest

_TYPES = FORMATS | {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "text",
}

#: What a value should be, by keyword.
_SHOULD_BE: dict[str, Callable[[KeywordFailure], str]] = {
    "exclusiveMaximum": lambda fault: f"less than {fault.wanted[0]}",
    "exclusiveMinimum": lambda fault: f"more than {fault.wanted[0]}",
    "format": lambda fault: FORMATS[fault.wanted[0]],
    "maximum": lambda fault: f"at most {fault.wanted[0]}",
    "minimum": lambda fault: f"at least {fault.wanted[0]}",
    "multipleOf": lambda fault: f"a multiple of {fault.wanted[0]}",
    "maxLength": lambda fault: f"at most {fault.wanted[0]} characters long",
    "minLength": lambda fault: (
        f"at least {fault.wanted[0]} characters long" if fault.value else "text that is not empty"
    ),
    "pattern": lambda fault: _form(fault.wanted[0]),
    "type": lambda fault: " or ".join(dict.fromkeys(_TYPES[name] for name in fault.wanted)),
}

#: Of several faults at one place, the first of these tells most.
_TELLING = ("additionalProperties", "const", "enum", "type", "format")


def to_violations(faults: Iterable[KeywordFailure]) -> Iterator[Violation]:
    """The violations that faults come down to, in their order."""
    places: dict[str, list[KeywordFailure]] = {}
    for fault in faults:
        places.setdefault(join_pointer(fault.path), []).append(fault)
    told = {pointer: min(here, key=_telling) for pointer, here in places.items()}
    misspelt = dict(_misspelt(told))
    for pointer, fault in told.items():
        if pointer not in misspelt.values():
            yield _violation(pointer, fault, misspelt.get(pointer))


def _telling(fault: KeywordFailure) -> int:
    return _TELLING.index(fault.keyword) if fault.keyword in _TELLING else len(_TELLING)


def _misspelt(told: dict[str, KeywordFailure]) -> Iterator[tuple[str, str]]:
    """The unknown fields that stand for a missing one beside them, each with that one."""
    absent = {pointer: fault for pointer, fault in told.items() if fault.keyword == "required"}
    for pointer, fault in told.items():
        if fault.keyword == "additionalProperties":
            beside = {str(one.path[-1]): where for where, one in absent.items() if one.path[:-1] == fault.path[:-1]}
            if meant := closest(str(fault.path[-1]), beside):
                yield pointer, beside[meant]


def _violation(pointer: str, fault: KeywordFailure, misspelt: str | None) -> Violation:
    if fault.keyword == "required":
        return missing_field(pointer, _meaning(fault))
    if fault.keyword == "additionalProperties":
        meant = field_name(misspelt) if misspelt else closest(str(fault.path[-1]), fault.wanted)
        return unknown_field(pointer, fault.value, meant)
    if fault.keyword in ("const", "enum"):
        return value_not_allowed(pointer, fault.value, list(dict.fromkeys(map(_name, fault.wanted))))
    if fault.keyword in _SHOULD_BE:
        because = fault.schema.get("$comment", "")
        return wrong_value(pointer, fault.value, f"{_SHOULD_BE[fault.keyword](fault)} {because}".rstrip())
    if fault.keyword == "minItems":
        return too_few_items(pointer, fault.value, len(fault.value), fault.wanted[0])
    field, found = field_name(pointer), display_value(fault.value)
    if fault.keyword == "maxItems":
        message = f"'{field}' has {len(fault.value)} items; at most {fault.wanted[0]} are allowed"
    elif fault.keyword == "uniqueItems":
        message = f"'{field}' contains an item twice"
    else:
        message = f"'{field}' is {found}, which the schema does not allow ({fault.keyword})"
    return Violation(pointer, one_line(message), found)


def _meaning(fault: KeywordFailure) -> str:
    """What the schema says a missing field is, or why it is needed."""
    field = fault.schema.get("properties", {}).get(fault.path[-1], {})
    return str(field.get("description", field.get("$comment", ""))) if isinstance(field, dict) else ""


def _form(pattern: str) -> str:
    """What text should look like, in words where there are short ones."""
    without = re.fullmatch(r"\^\[\^([^\[\]]+)\]\+\$", pattern)
    return f"text without any of {without[1]}" if without else f"text of the form {pattern}"


def _name(allowed: Any) -> str:
    """An allowed value as people call it: a species or an institution by its name."""
    return str(allowed.get("name", allowed) if isinstance(allowed, dict) else allowed)
