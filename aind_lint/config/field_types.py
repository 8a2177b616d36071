"""The forms of values in a configuration: how each is read, and how JSON Schema describes it.

Written by hand and light, because every start of the tool reads a configuration, and the models of pydantic take
longer to import than everything else a start needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from aind_lint.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class FieldType(Generic[T]):
    """A form of values.

    Attributes:
        schema: Its JSON Schema.
        parse: From the value in the file, and the key it stands under, to the value of the program.
    """

    schema: Mapping[str, Any]
    parse: Callable[[Any, str], T]


@dataclass(frozen=True)
class Field:
    """One key of a table.

    Attributes:
        field_type: The form of its value.
        description: What it is for, in one sentence.
        required: Whether the table is refused without it.
    """

    field_type: FieldType[Any]
    description: str
    required: bool = False


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{key} must be a text in quotes that is not empty")
    return value


def _texts(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UsageError(f"{key} must be a list of texts, as in {key} = [{_quoted(value)}]")
    return tuple(_text(item, f"{key}[{number}]") for number, item in enumerate(value))


def _day(value: Any, key: str) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise UsageError(f"{key} must be a day, written as 2027-01-31")


def _zone(value: Any, key: str) -> str:
    from zoneinfo import ZoneInfo

    name = _text(value, key)
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise UsageError(f"{key}: there is no time zone '{name}'; one is written America/Los_Angeles") from None
    return name


def choice(*words: str) -> FieldType[str]:
    """One of some words."""

    def read(value: Any, key: str) -> str:
        if value in words and isinstance(value, str):
            return value
        raise UsageError(f"{key} must be {_either(words)}{_meant(value, words)}")

    return FieldType({"enum": list(words)}, read)


def table(keys: Mapping[str, Field], make: Callable[..., T]) -> FieldType[T]:
    """A table with these keys; ``make`` gets them as keyword arguments, with ``_`` for ``-``."""

    def read(value: Any, name: str) -> T:
        prefix = f"{name}." if name else ""
        if not isinstance(value, dict):
            raise UsageError(f"{name} must be a table")
        for word in value:
            if word not in keys:
                raise UsageError(f"unknown key '{prefix}{word}'{_meant(word, keys) or _known(keys)}")
        for word, key in keys.items():
            if key.required and word not in value:
                meaning = f"{key.description[0].lower()}{key.description[1:]}"
                raise UsageError(f"{name or 'the configuration'} lacks the key '{word}': {meaning}")
        return make(**{w.replace("-", "_"): keys[w].field_type.parse(item, prefix + w) for w, item in value.items()})

    return FieldType(object_schema(keys), read)


def tables(one: FieldType[T]) -> FieldType[tuple[T, ...]]:
    """A list of tables."""

    def read(value: Any, key: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise UsageError(f"{key} must be a list of tables, each under [[{key}]]")
        return tuple(one.parse(item, f"{key}[{number}]") for number, item in enumerate(value))

    return FieldType({"type": "array", "items": dict(one.schema)}, read)


def object_schema(keys: Mapping[str, Field]) -> dict[str, Any]:
    """The JSON Schema of a table with these keys."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [word for word, key in keys.items() if key.required],
        "properties": {word: {"description": key.description, **key.field_type.schema} for word, key in keys.items()},
    }


TEXT = FieldType({"type": "string", "minLength": 1}, _text)
TEXTS = FieldType({"type": "array", "items": {"type": "string", "minLength": 1}}, _texts)
DAY = FieldType({"type": "string", "format": "date"}, _day)
ZONE = FieldType({"type": "string", "minLength": 1}, _zone)


def _meant(word: Any, words: Any) -> str:
    from aind_lint.text.suggestions import closest

    meant = closest(word, words) if isinstance(word, str) else None
    return f"; did you mean '{meant}'?" if meant else ""


def _known(words: Any) -> str:
    return f"; known are {', '.join(words)}"


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else '"…"'
