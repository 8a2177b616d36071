"""Keyword failures as violations: each message in one line, and one violation for failures with the same cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from aind_lint.schema.json_schema.keyword_failure import KeywordFailure
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
    "exclusiveMaximum": lambda failure: f"less than {failure.allowed[0]}",
    "exclusiveMinimum": lambda failure: f"more than {failure.allowed[0]}",
    "format": lambda failure: FORMATS[failure.allowed[0]],
    "maximum": lambda failure: f"at most {failure.allowed[0]}",
    "minimum": lambda failure: f"at least {failure.allowed[0]}",
    "multipleOf": lambda failure: f"a multiple of {failure.allowed[0]}",
    "maxLength": lambda failure: f"at most {failure.allowed[0]} characters long",
    "minLength": lambda failure: (
        f"at least {failure.allowed[0]} characters long" if failure.value else "text that is not empty"
    ),
    "pattern": lambda failure: _pattern_text(failure.allowed[0]),
    "type": lambda failure: " or ".join(dict.fromkeys(_TYPES[name] for name in failure.allowed)),
}

#: Of several failures at one location, the one whose keyword comes first here explains most.
_PRECEDENCE = ("additionalProperties", "const", "enum", "type", "format")


def to_violations(failures: Iterable[KeywordFailure]) -> Iterator[Violation]:
    """The violations behind keyword failures, in the order of the failures."""
    by_pointer: dict[str, list[KeywordFailure]] = {}
    for failure in failures:
        by_pointer.setdefault(join_pointer(failure.path), []).append(failure)
    clearest = {pointer: min(failures, key=_rank) for pointer, failures in by_pointer.items()}
    misspelled = dict(_misspelled_fields(clearest))
    right_fields = set(misspelled.values())
    for pointer, failure in clearest.items():
        if pointer not in right_fields:
            yield _violation(pointer, failure, misspelled.get(pointer))


def _rank(failure: KeywordFailure) -> int:
    return _PRECEDENCE.index(failure.keyword) if failure.keyword in _PRECEDENCE else len(_PRECEDENCE)


def _misspelled_fields(failures: dict[str, KeywordFailure]) -> Iterator[tuple[str, str]]:
    """The pointers of unknown fields that look like a missing field of the same object, each with that field's."""
    missing: dict[tuple[str | int, ...], dict[str, str]] = {}
    for pointer, failure in failures.items():
        if failure.keyword == "required":
            missing.setdefault(tuple(failure.path[:-1]), {})[str(failure.path[-1])] = pointer
    for pointer, failure in failures.items():
        if failure.keyword == "additionalProperties":
            candidates = missing.get(tuple(failure.path[:-1]), {})
            if suggestion := closest(str(failure.path[-1]), candidates):
                yield pointer, candidates[suggestion]


def _violation(pointer: str, failure: KeywordFailure, misspelled: str | None) -> Violation:
    if failure.keyword == "required":
        return missing_field(pointer, _description(failure))
    if failure.keyword == "additionalProperties":
        suggestion = field_name(misspelled) if misspelled else closest(str(failure.path[-1]), failure.allowed)
        violation = unknown_field(pointer, failure.value, suggestion)
        if misspelled and failure.value is None:  # the right field would be null, too, and it is required
            return replace(violation, fix=f"Remove {pointer}, and add {misspelled}")
        return violation
    if failure.keyword in ("const", "enum"):
        return value_not_allowed(pointer, failure.value, {_display_name(one): one for one in failure.allowed})
    if failure.keyword in _SHOULD_BE:
        reason = failure.schema.get("$comment", "")
        return wrong_value(pointer, failure.value, f"{_SHOULD_BE[failure.keyword](failure)} {reason}".rstrip())
    if failure.keyword == "minItems":
        return too_few_items(pointer, failure.value, len(failure.value), failure.allowed[0])
    field, found = field_name(pointer), display_value(failure.value)
    if failure.keyword == "maxItems":
        message = f"'{field}' has {len(failure.value)} items; at most {failure.allowed[0]} are allowed"
    elif failure.keyword == "uniqueItems":
        message = f"'{field}' contains an item twice"
    else:
        message = f"'{field}' is {found}, which the schema does not allow ({failure.keyword})"
    return Violation(pointer, one_line(message), found)


def _description(failure: KeywordFailure) -> str:
    """The schema's description of a missing field, or the reason why it is required."""
    field = failure.schema.get("properties", {}).get(failure.path[-1], {})
    return str(field.get("description", field.get("$comment", ""))) if isinstance(field, dict) else ""


def _pattern_text(pattern: str) -> str:
    """What a text should look like, in words where the pattern is simple."""
    without = re.fullmatch(r"\^\[\^([^\[\]]+)\]\+\$", pattern)
    return f"text without any of {without[1]}" if without else f"text of the form {pattern}"


def _display_name(allowed: Any) -> str:
    """An allowed value as users know it: a species or an institution by its name."""
    return str(allowed.get("name", allowed) if isinstance(allowed, dict) else allowed)
