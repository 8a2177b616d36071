"""What is wrong in a rule file, in one line: the key, its value, and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from aind_lint.engine.rules.verb_options import Options, options_model
from aind_lint.text.characters import one_line
from aind_lint.text.suggestions import closest

_VALUE_LENGTH = 60
#: What is allowed, by the type of pydantic's error.
_ALLOWED = {
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "datetime_type": "a date and time, such as 2024-01-31T12:00:00Z",
    "datetime_parsing": "a date and time, such as 2024-01-31T12:00:00Z",
    "datetime_from_date_parsing": "a date and time, such as 2024-01-31T12:00:00Z",
}
#: What is allowed, by the key whose value must match a pattern.
_PATTERNS = {
    "id": "three capital letters and three digits, such as LAB101",
    "name": "lower-case words joined by hyphens, such as subject-mismatch",
    "check": "the name of a verb: lower-case letters, digits and underscores",
}
_REFERENCE = "a reference, such as subject.json#/subject_id or name:subject_id"


def explain_error(model: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """The key of the first problem, and the problem.

    Args:
        model: The model of the mapping.
        error: What pydantic raised.

    Returns:
        The key with the keys around it, joined by periods, empty for the mapping itself; and what is wrong.
    """
    # A misspelled key also leaves the right key missing, so unknown keys come first.
    first: Mapping[str, Any] = min(
        error.errors(include_url=False), key=lambda detail: detail["type"] != "extra_forbidden"
    )
    # pydantic adds the alternatives of a union to the path, such as "literal['modalities']".
    path = [part for part in first["loc"] if isinstance(part, int) or not part.endswith("]")]
    return ".".join(map(str, path)), _explain(model, first, path)


def _explain(model: type[BaseModel], error: Mapping[str, Any], path: list[int | str]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        suggestion = closest(str(path[-1]), known)
        return "unknown key" + (f"; did you mean '{suggestion}'?" if suggestion else f"; known are {', '.join(known)}")
    if kind == "missing":
        return "this key is required and missing"
    if kind in ("value_error", "assertion_error"):
        return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    value = one_line(json.dumps(error["input"], default=str, ensure_ascii=False), _VALUE_LENGTH)
    return f"{value} is not allowed; it must be {_allowed(error, path)}"


def _allowed(error: Mapping[str, Any], path: list[int | str]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _ALLOWED:
        return _ALLOWED[kind]
    if kind in ("literal_error", "enum"):
        return str(context["expected"])
    if kind == "string_pattern_mismatch":
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        if ".json#" in context["pattern"]:
            return _REFERENCE
        return _PATTERNS.get(key, f"a text that matches the regular expression {context['pattern']}")
    if kind in ("string_too_short", "string_too_long"):
        bound, length = ("at least", "min_length") if kind == "string_too_short" else ("at most", "max_length")
        return f"a text of {bound} {context[length]} characters"
    if kind == "too_short":
        return f"a list of at least {context['min_length']}"
    message = str(error["msg"])  # a type that only the verb of an installed package has
    return f"valid: {message[:1].lower()}{message[1:]}"


def _keys_at(model: type[BaseModel], path: list[int | str]) -> list[str]:
    """The keys that the model of a nested mapping knows, as they are written."""
    for part in path:
        field = next((field for name, field in model.model_fields.items() if (field.alias or name) == part), None)
        types = _types_in(field.annotation) if field else ()
        nested = next((type_ for type_ in types if issubclass(type_, BaseModel | Options)), None)
        model = options_model(nested) if nested else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _types_in(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument)
