"""A valid sidecar broken in one place: the twenty-one ways in which files go wrong.

Each way names the places of a file that it can break and what it puts there. Whether the result is wrong at all is
for the models to say: not every value that can be removed is needed.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
#: What a way puts at a place: the new value, or `REMOVED`.
Change = Callable[[Any], Any]

REMOVED = object()
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?![\d])")
_ZONED = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+-]\d{2}:?\d{2})")
#: Fields that identify the file; ways of their own break them.
_IDENTITY = ("describedBy", "schema_version", "object_type")


@dataclass(frozen=True)
class Mutant:
    """A sidecar with one fault.

    Attributes:
        way: Which of `WAYS`.
        path: The place that was broken.
        data: The whole content.
    """

    way: str
    path: Path
    data: Any

    @property
    def field(self) -> str:
        """The field that was broken: of an item the list that holds it."""
        return str(next((part for part in reversed(self.path) if isinstance(part, str)), ""))


@dataclass(frozen=True)
class _Place:
    path: Path
    value: Any
    around: Any

    @property
    def key(self) -> str:
        return str(self.path[-1]) if self.path else ""

    @property
    def is_text(self) -> bool:
        return isinstance(self.value, str) and self.key not in _IDENTITY

    @property
    def is_number(self) -> bool:
        return isinstance(self.value, (int, float)) and not isinstance(self.value, bool)


def mutants(data: Any, seed: int, each: int) -> Iterator[Mutant]:
    """Up to ``each`` mutants of every way, at places chosen by ``seed``."""
    chance = random.Random(seed)
    places = [place for place in _places(data) if place.path]
    for way, (fits, change) in WAYS.items():
        fitting = [place for place in places if fits(place)]
        for place in chance.sample(fitting, min(each, len(fitting))):
            yield _mutant(way, data, place, change(place))


def _mutant(way: str, data: Any, place: _Place, changes: dict[str | int, Any]) -> Mutant:
    """The mutant in which the values around a place are changed; the first change is the fault."""
    broken = copy.deepcopy(data)
    around = broken
    for part in place.path[:-1]:
        around = around[part]
    for key, value in changes.items():
        if value is REMOVED:
            del around[key]
        else:
            around[key] = value
    return Mutant(way, (*place.path[:-1], next(iter(changes))), broken)


def _places(value: Any, path: Path = (), around: Any = None) -> Iterator[_Place]:
    yield _Place(path, value, around)
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield from _places(item, (*path, key), value)


def _here(value: Any) -> Callable[[_Place], dict[str | int, Any]]:
    return lambda place: {place.path[-1]: value}


def _made(change: Change) -> Callable[[_Place], dict[str | int, Any]]:
    return lambda place: {place.path[-1]: change(place.value)}


def _in_object(place: _Place) -> bool:
    return isinstance(place.around, dict) and place.key not in _IDENTITY


def _other_type(value: Any) -> Any:
    return {"text": 1} if isinstance(value, str) else "text" if isinstance(value, (list, int, float)) else 5


def _start_after_end(place: _Place) -> dict[str | int, Any]:
    end = place.key.replace("start", "end")
    return {end: place.value, place.key: place.around[end]}


#: For each way, which places it can break and what it changes beside them.
WAYS: dict[str, tuple[Callable[[_Place], bool], Callable[[_Place], dict[str | int, Any]]]] = {
    "drop a key": (_in_object, _here(REMOVED)),
    "null for a value": (_in_object, _here(None)),
    "wrong type": (_in_object, _made(_other_type)),
    "unknown field": (_in_object, lambda place: {"unheard_of": 1}),
    "bad enumeration value": (lambda p: p.is_text and not _DATE.match(p.value), _made(lambda v: f"{v}x")),
    "bad text for a pattern": (lambda p: p.is_text and not _DATE.match(p.value), _here('a_b c/"?\n')),
    "bad date": (lambda p: p.is_text and bool(_DATE.match(p.value)), _made(lambda v: _DATE.sub("2022-13-45", v))),
    "date without zone": (
        lambda p: p.is_text and bool(_ZONED.fullmatch(p.value)),
        _made(lambda v: _ZONED.sub(r"\1", v)),
    ),
    "wrong unit": (lambda p: p.is_text and p.key.endswith("unit"), _here("parsec")),
    "unit null": (lambda p: p.is_text and p.key.endswith("unit"), _here(None)),
    "wrong object_type": (lambda p: p.key == "object_type", _here("Person")),
    "object_type missing": (lambda p: p.key == "object_type", _here(REMOVED)),
    "object_type misspelt": (lambda p: p.key == "object_type", _made(lambda v: f"{v[:-1]}{v[-1] * 2}")),
    "number as text": (lambda p: p.is_number, _made(str)),
    "empty list": (lambda p: isinstance(p.value, list) and bool(p.value), _here([])),
    "item twice": (lambda p: isinstance(p.value, list) and bool(p.value), _made(lambda v: [*v, v[-1]])),
    "list too short": (lambda p: isinstance(p.value, list) and len(p.value) > 1, _made(lambda v: v[:-1])),
    "device renamed": (
        lambda p: p.is_text and (p.path[-2:-1] == ("active_devices",) or p.key.endswith(("device_name", "_device"))),
        _here("No such device"),
    ),
    "coordinate system renamed": (lambda p: p.is_text and p.key == "coordinate_system_name", _here("NOWHERE")),
    "end before start": (
        lambda p: p.is_text and "start" in p.key and p.value < str(p.around.get(p.key.replace("start", "end"), "")),
        _start_after_end,
    ),
    "describedBy of another class": (
        lambda p: p.path == ("describedBy",),
        _made(lambda v: re.sub(r"[a-z_]+\.py$", "nothing.py", v)),
    ),
}
