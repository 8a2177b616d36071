"""The path of the value that the message of a model validator is about.

A validator of a whole object reports the path of that object and names the field or the value only in its message:
"Unit power_unit is required when power is set". A finding should point to the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

ValuePath = tuple[str | int, ...]

_FIELD = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
_VALUE = re.compile(r"'([^']+)'|\"([^\"]+)\"|\b([\w.-]*[A-Z0-9][\w.-]*)\b")
#: Fields that identify the class of an object. A message that contains a class name is not about them.
_TAGS = ("object_type", "describedBy", "schema_version")


def offending_path(message: str, path: ValuePath, data: Any) -> ValuePath:
    """The path of the value that a message about the object at ``path`` is about; ``path`` when it names no value.

    In this order: a named field that is absent or null, the rarest value that is quoted, a named field that is present.

    Args:
        message: The message of the validator.
        path: Keys and indices of the object that it rejects.
        data: The whole content.
    """
    target: Any = data
    for part in path:
        target = target[part]
    texts = list(_texts(target, path))
    fields = [word for word in _FIELD.findall(message) if isinstance(target, dict) and word not in _TAGS]
    for field in fields:
        # A word that is not a field of the object may be part of a value.
        if target.get(field) is None and (field in target or not any(field in text for _, text in texts)):
            return (*path, field)
    named = dict.fromkeys(next(filter(None, groups)).strip() for groups in _VALUE.findall(message))
    occurrences: dict[str, list[ValuePath]] = {}
    for text_path, text in texts:
        if text.strip() in named and text_path[-1] not in _TAGS:
            occurrences.setdefault(text.strip(), []).append(text_path)
    if occurrences and "duplicate" in message.lower():
        # The second place that defines the repeated name; other places refer to it.
        named_twice = ([at for at in places if at[-1] == "name"] for places in occurrences.values())
        if repeated := next((places for places in named_twice if len(places) > 1), None):
            return repeated[1]
    if occurrences:
        # A value that occurs once is the wrong one; of several, the one that the message names last.
        return min((occurrences[text] for text in reversed(named) if text in occurrences), key=len)[0]
    return next(((*path, field) for field in fields if field in target), path)


def _texts(value: Any, path: ValuePath) -> Iterator[tuple[ValuePath, str]]:
    if isinstance(value, str):
        yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield from _texts(item, (*path, key))
