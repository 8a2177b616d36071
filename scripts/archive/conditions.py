"""A condition that only the models of a release know: where "Other" is chosen, the notes must say what it is.

pydantic does not export what validators do, so the release is asked. Runs inside a release, with pydantic 2.
"""

from __future__ import annotations

from typing import Any

import pydantic

_NOTES = "notes"
#: How "Other" is written: as a word, or as an institution or a technique of that name.
_OTHER: list[tuple[Any, Any]] = [
    ("Other", {"const": "Other"}),
    ("other", {"const": "other"}),
    ({"name": "Other"}, {"type": "object", "properties": {"name": {"const": "Other"}}, "required": ["name"]}),
]


def conditions_of(cls: Any) -> list[dict[str, Any]]:
    """For every field of a class whose "Other" calls for notes, an ``if`` and ``then`` of JSON Schema."""
    if _NOTES not in cls.model_fields:
        return []
    found = []
    for name, field in cls.model_fields.items():
        for written, is_other in _OTHER if name != _NOTES else []:
            if condition := _condition(cls, name, written):
                key = field.alias or name
                found.append({"if": {"properties": {key: is_other}, "required": [key]}, "then": condition})
    return found


def _condition(cls: Any, name: str, written: Any) -> dict[str, Any] | None:
    """What the notes must be when a field is as written; None when that changes nothing or is not allowed."""
    free, other = cls.model_construct(), cls.model_construct()
    try:
        cls.__pydantic_validator__.validate_assignment(other, name, written)
    except Exception:
        return None
    called_for = {notes: _refused(other, notes) for notes in (None, "") if _refused(free, notes) is None}
    place = called_for.get(None)
    asked: dict[str, Any] = {}
    if place is not None:
        asked["type"] = "string"
    if called_for.get("") is not None:
        asked["minLength"] = 1
    if not asked or _refused(other, "text") is not None:
        return None
    then: dict[str, Any] = {"properties": {_NOTES: {"$comment": f"because {name} is Other", **asked}}}
    # A validator of the whole class, or of the default, sees notes that are not there.
    if place == () or (place is not None and cls.model_fields[_NOTES].validate_default):
        then["required"] = [_NOTES]
    return then


def _refused(model: Any, notes: Any) -> tuple[Any, ...] | None:
    """Where the class refuses these notes; None when it does not."""
    try:
        type(model).__pydantic_validator__.validate_assignment(model.model_copy(), _NOTES, notes)
    except pydantic.ValidationError as error:
        return tuple(error.errors()[0]["loc"])
    except Exception:
        return None
    return None
