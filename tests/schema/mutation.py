"""Mutants: valid sidecars with one value changed by one of twenty-one mutations.

A mutation selects the values of a file that it can change, and changes one. The result is not always invalid: an
optional field can be removed. The models decide.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ValuePath = tuple[str | int, ...]
#: From a value to the changed one, or `REMOVED`.
Change = Callable[[Any], Any]

REMOVED = object()
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?![\d])")
_ZONED = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+-]\d{2}:?\d{2})")
#: Fields that identify the file. Mutations of their own change them.
_IDENTITY = ("describedBy", "schema_version", "object_type")


@dataclass(frozen=True)
class Mutant:
    """A sidecar with one changed value.

    Attributes:
        mutation: The name in `MUTATIONS`.
        path: The path of the changed value.
        data: The whole content.
    """

    mutation: str
    path: ValuePath
    data: Any

    @property
    def field(self) -> str:
        """The changed field; for an item, the field of its list."""
        return str(next((part for part in reversed(self.path) if isinstance(part, str)), ""))


@dataclass(frozen=True)
class _Location:
    path: ValuePath
    value: Any
    parent: Any

    @property
    def key(self) -> str:
        return str(self.path[-1]) if self.path else ""

    @property
    def is_text(self) -> bool:
        return isinstance(self.value, str) and self.key not in _IDENTITY

    @property
    def is_number(self) -> bool:
        return isinstance(self.value, (int, float)) and not isinstance(self.value, bool)


def mutants(data: Any, seed: int, limit: int) -> Iterator[Mutant]:
    """Up to ``limit`` mutants of every mutation, at random values with this ``seed``."""
    chance = random.Random(seed)
    locations = [location for location in _locations(data) if location.path]
    for mutation, (fits, change) in MUTATIONS.items():
        fitting = [location for location in locations if fits(location)]
        for location in chance.sample(fitting, min(limit, len(fitting))):
            yield _mutant(mutation, data, location, change(location))


def _mutant(mutation: str, data: Any, location: _Location, changes: dict[str | int, Any]) -> Mutant:
    """The mutant with these changes in the parent of a value. The first change is the fault."""
    broken = copy.deepcopy(data)
    parent = broken
    for part in location.path[:-1]:
        parent = parent[part]
    for key, value in changes.items():
        if value is REMOVED:
            del parent[key]
        else:
            parent[key] = value
    return Mutant(mutation, (*location.path[:-1], next(iter(changes))), broken)


def _locations(value: Any, path: ValuePath = (), parent: Any = None) -> Iterator[_Location]:
    yield _Location(path, value, parent)
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield from _locations(item, (*path, key), value)


def _set_to(value: Any) -> Callable[[_Location], dict[str | int, Any]]:
    return lambda location: {location.path[-1]: value}


def _changed_by(change: Change) -> Callable[[_Location], dict[str | int, Any]]:
    return lambda location: {location.path[-1]: change(location.value)}


def _in_object(location: _Location) -> bool:
    return isinstance(location.parent, dict) and location.key not in _IDENTITY


def _other_type(value: Any) -> Any:
    return {"text": 1} if isinstance(value, str) else "text" if isinstance(value, (list, int, float)) else 5


def _start_after_end(location: _Location) -> dict[str | int, Any]:
    end = location.key.replace("start", "end")
    return {end: location.value, location.key: location.parent[end]}


#: For each mutation, which values it can change, and the changes in the parent of the value.
MUTATIONS: dict[str, tuple[Callable[[_Location], bool], Callable[[_Location], dict[str | int, Any]]]] = {
    "drop a key": (_in_object, _set_to(REMOVED)),
    "null for a value": (_in_object, _set_to(None)),
    "wrong type": (_in_object, _changed_by(_other_type)),
    "unknown field": (_in_object, lambda location: {"unheard_of": 1}),
    "bad enumeration value": (lambda p: p.is_text and not _DATE.match(p.value), _changed_by(lambda v: f"{v}x")),
    "bad text for a pattern": (lambda p: p.is_text and not _DATE.match(p.value), _set_to('a_b c/"?\n')),
    "bad date": (lambda p: p.is_text and bool(_DATE.match(p.value)), _changed_by(lambda v: _DATE.sub("2022-13-45", v))),
    "date without zone": (
        lambda p: p.is_text and bool(_ZONED.fullmatch(p.value)),
        _changed_by(lambda v: _ZONED.sub(r"\1", v)),
    ),
    "wrong unit": (lambda p: p.is_text and p.key.endswith("unit"), _set_to("parsec")),
    "unit null": (lambda p: p.is_text and p.key.endswith("unit"), _set_to(None)),
    "wrong object_type": (lambda p: p.key == "object_type", _set_to("Person")),
    "object_type missing": (lambda p: p.key == "object_type", _set_to(REMOVED)),
    "object_type misspelt": (lambda p: p.key == "object_type", _changed_by(lambda v: f"{v[:-1]}{v[-1] * 2}")),
    "number as text": (lambda p: p.is_number, _changed_by(str)),
    "empty list": (lambda p: isinstance(p.value, list) and bool(p.value), _set_to([])),
    "item twice": (lambda p: isinstance(p.value, list) and bool(p.value), _changed_by(lambda v: [*v, v[-1]])),
    "list too short": (lambda p: isinstance(p.value, list) and len(p.value) > 1, _changed_by(lambda v: v[:-1])),
    "device renamed": (
        lambda p: p.is_text and (p.path[-2:-1] == ("active_devices",) or p.key.endswith(("device_name", "_device"))),
        _set_to("No such device"),
    ),
    "coordinate system renamed": (lambda p: p.is_text and p.key == "coordinate_system_name", _set_to("NOWHERE")),
    "end before start": (
        lambda p: p.is_text and "start" in p.key and p.value < str(p.parent.get(p.key.replace("start", "end"), "")),
        _start_after_end,
    ),
    "describedBy of another class": (
        lambda p: p.path == ("describedBy",),
        _changed_by(lambda v: re.sub(r"[a-z_]+\.py$", "nothing.py", v)),
    ),
}
