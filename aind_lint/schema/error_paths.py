"""Which value the message of a validator is about.

A validator of a whole object complains about that object and names the field, or the value, in prose: "Unit power_unit
is required when power is set". The user is led to the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

_FIELD = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
_VALUE = re.compile(r"'([^']+)'|\"([^\"]+)\"|\b([\w.-]*[A-Z0-9][\w.-]*)\b")
#: Fields that say what an object is; a message that names a kind of object does not mean them.
_TAGS = ("object_type", "describedBy", "schema_version")


def offending_path(message: str, path: Path, data: Any) -> Path:
    """The path of the value that a message about the object at ``path`` means; ``path`` itself when it names none.

    In this order: a field that it names and that is absent or null, the rarest value that it quotes, a field that it
    names and that is there.

    Args:
        message: What the validator says.
        path: Keys and indices of the object that it complains about.
        data: The whole content.
    """
    here: Any = data
    for part in path:
        here = here[part]
    texts = list(_texts(here, path))
    fields = [word for word in _FIELD.findall(message) if isinstance(here, dict) and word not in _TAGS]
    for field in fields:
        # A word that is not there as a field may be a part of a value.
        if here.get(field) is None and (field in here or not any(field in text for _, text in texts)):
            return (*path, field)
    named = dict.fromkeys(next(filter(None, groups)).strip() for groups in _VALUE.findall(message))
    places: dict[str, list[Path]] = {}
    for place, text in texts:
        if text.strip() in named and place[-1] not in _TAGS:
            places.setdefault(text.strip(), []).append(place)
    if places:
        # The value that stands at one place only is the odd one; of several, what is said last.
        return min((places[text] for text in reversed(named) if text in places), key=len)[0]
    return next(((*path, field) for field in fields if field in here), path)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield from _texts(item, (*path, key))
