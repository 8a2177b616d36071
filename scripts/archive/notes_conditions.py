"""Conditions on notes: where a field is "Other", some models require notes that explain it.

Validators are not part of the exported schema, so the models of the release are called. Runs inside a release, with
pydantic 2.
"""

from __future__ import annotations

from typing import Any

import pydantic

_NOTES = "notes"
#: Values that mean "Other": a word, or an institution or technique with that name, each with its schema.
_OTHER: list[tuple[Any, Any]] = [
    ("Other", {"const": "Other"}),
    ("other", {"const": "other"}),
    ({"name": "Other"}, {"type": "object", "properties": {"name": {"const": "Other"}}, "required": ["name"]}),
]


def notes_conditions(cls: Any) -> list[dict[str, Any]]:
    """An ``if`` and ``then`` of JSON Schema for every field of a class whose "Other" requires notes."""
    if _NOTES not in cls.model_fields:
        return []
    found = []
    for name, field in cls.model_fields.items():
        for value, is_other in _OTHER if name != _NOTES else []:
            if condition := _condition(cls, name, value):
                key = field.alias or name
                found.append({"if": {"properties": {key: is_other}, "required": [key]}, "then": condition})
    return found


def _condition(cls: Any, name: str, value: Any) -> dict[str, Any] | None:
    """The schema of the notes if a field has this value; None if the value changes nothing or is not allowed."""
    free, other = cls.model_construct(), cls.model_construct()
    try:
        cls.__pydantic_validator__.validate_assignment(other, name, value)
    except Exception:
        return None
    required = {notes: _rejected(other, notes) for notes in (None, "") if _rejected(free, notes) is None}
    location = required.get(None)
    constraints: dict[str, Any] = {}
    if location is not None:
        constraints["type"] = "string"
    if required.get("") is not None:
        constraints["minLength"] = 1
    if not constraints or _rejected(other, "text") is not None:
        return None
    then: dict[str, Any] = {"properties": {_NOTES: {"$comment": f"because {name} is Other", **constraints}}}
    # A validator of the whole class, or of the default value, also runs if notes are missing.
    if location == () or (location is not None and cls.model_fields[_NOTES].validate_default):
        then["required"] = [_NOTES]
    return then


def _rejected(model: Any, notes: Any) -> tuple[Any, ...] | None:
    """The location of the error with these notes; None if the class accepts them."""
    try:
        type(model).__pydantic_validator__.validate_assignment(model.model_copy(), _NOTES, notes)
    except pydantic.ValidationError as error:
        return tuple(error.errors()[0]["loc"])
    except Exception:
        return None
    return None
