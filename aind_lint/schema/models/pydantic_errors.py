"""Errors of pydantic as violations, at the value that each error is about."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from aind_lint.schema.models.error_paths import offending_path
from aind_lint.schema.models.model_result import ModelError
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

_EITHER = re.compile(r"either (\w+) or (\w+) must be provided")
_DUPLICATE = re.compile(r"duplicate \w+ names found")
#: The capital letter of a sentence, but not of a name such as CoordinateSystem or ID.
_CAPITAL = re.compile(r"[A-Z](?=[a-z]*(\s|$))")


def pydantic_errors(error: ValidationError, data: dict[str, Any]) -> list[ModelError]:
    """The errors of a validation, at most one for each value.

    Args:
        error: The exception of pydantic.
        data: The content that it validated.
    """
    found: dict[str, ModelError] = {}
    for detail in _best_branches(error.errors(include_url=False), data):
        path = tuple(_path(detail["loc"], data, detail["type"])[0])
        owner = join_pointer(path)
        by_validator = detail["type"] in ("value_error", "assertion_error")
        if by_validator:
            path = offending_path(detail["msg"], path, data)
        pointer = join_pointer(path)
        found.setdefault(pointer, ModelError(_violation(pointer, detail), owner, by_validator))
    return list(found.values())


def _path(loc: tuple[str | int, ...], data: Any, kind: str) -> tuple[list[str | int], tuple[int, str | int] | None]:
    """A location without the names of union branches that pydantic adds, and the first such name with its depth."""
    path: list[str | int] = []
    branch = None
    target = data
    for index, part in enumerate(loc):
        try:
            target = target[part]
        except (LookupError, TypeError):
            if kind != "missing" or index < len(loc) - 1:
                branch = branch or (len(path), part)
                continue
        path.append(part)
    return path, branch


def _best_branches(details: list[Any], data: dict[str, Any]) -> list[Any]:
    """The errors, with only the branch with the fewest errors of each union: probably the intended one."""
    unions: dict[str, dict[str | int, list[Any]]] = {}
    remaining = []
    for detail in details:
        path, branch = _path(detail["loc"], data, detail["type"])
        if branch is None:
            remaining.append(detail)
        else:
            depth, name = branch
            unions.setdefault(join_pointer(path[:depth]), {}).setdefault(name, []).append(detail)
    for branches in unions.values():
        remaining += sorted(branches.values(), key=len)[0]
    return remaining


#: What a value should be, by the type of pydantic's error.
_SHOULD_BE = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "set_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "date_type": FORMATS["date"],
    "date_parsing": FORMATS["date"],
    "date_from_datetime_parsing": FORMATS["date"],
    "date_from_datetime_inexact": "a date without a time (YYYY-MM-DD)",
    "datetime_type": FORMATS["date-time"],
    "datetime_parsing": FORMATS["date-time"],
    "datetime_from_date_parsing": FORMATS["date-time"],
    "time_type": FORMATS["time"],
    "time_parsing": FORMATS["time"],
}


def _violation(pointer: str, detail: Any) -> Violation:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return missing_field(pointer)
    if kind == "extra_forbidden":
        return unknown_field(pointer, value)
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        listed = str(context.get("expected", context.get("expected_tags")))
        allowed = {one: one for one in re.findall(r"'([^']*)'", listed)}
        return value_not_allowed(pointer, context.get("tag", value), allowed)
    if kind in _SHOULD_BE:
        return wrong_value(pointer, value, _SHOULD_BE[kind])
    if kind == "too_short":
        return too_few_items(pointer, value, context["actual_length"], context["min_length"])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    if _CAPITAL.match(message):
        message = message[0].lower() + message[1:]
    field = field_name(pointer)
    where = f"'{field}': " if pointer and field not in message else ""
    return Violation(pointer, one_line(f"{where}{message}"), display_value(value), fix=_fix(pointer, message))


def _fix(pointer: str, message: str) -> str | None:
    """The fix that the message of a validator implies."""
    named = pointer.rpartition("/")[2]
    if (match := _EITHER.match(message)) and named in match.groups():
        return f"Add {pointer}, or {match[1] if named == match[2] else match[2]} beside it"
    if _DUPLICATE.match(message) and pointer:
        return f"Change {pointer}, or remove the repeated entry"
    return None
