"""The types of values in a configuration: how each is parsed, and how JSON Schema describes it.

These types are written by hand instead of with pydantic because every start of the tool reads a configuration.
Importing pydantic takes 100 ms of CPU, more than click and yaml together (60 ms).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from aind_lint.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class FieldType(Generic[T]):
    """A type of values.

    Attributes:
        schema: The JSON Schema of the type.
        parse: Converts a value of the file. Its second argument is the key, for messages. Raises UsageError.
    """

    schema: Mapping[str, Any]
    parse: Callable[[Any, str], T]


@dataclass(frozen=True)
class Field:
    """One key of a table.

    Attributes:
        field_type: The type of its value.
        description: What it is for, in one sentence.
        required: Whether a table without it is rejected.
    """

    field_type: FieldType[Any]
    description: str
    required: bool = False


def choice(*words: str) -> FieldType[str]:
    """One of several words."""

    def parse(value: Any, key: str) -> str:
        if value in words and isinstance(value, str):
            return value
        allowed = f"{', '.join(words[:-1])} or {words[-1]}"
        raise UsageError(f"{key} is {_shown(value)}; it must be {allowed}{_suggestion(value, words)}")

    return FieldType({"enum": list(words)}, parse)


def table(fields: Mapping[str, Field], make: Callable[..., T]) -> FieldType[T]:
    """A table with these keys. ``make`` gets the values as keyword arguments, with ``_`` instead of ``-``."""

    def parse(value: Any, name: str) -> T:
        prefix = f"{name}." if name else ""
        if not isinstance(value, dict):
            raise UsageError(f"{name} is {_shown(value)}; it must be a table")
        for key in value:
            if key not in fields:
                hint = _suggestion(key, fields) or f"; the allowed keys are {', '.join(fields)}"
                raise UsageError(f"unknown key '{prefix}{key}'{hint}")
        for key, field in fields.items():
            if field.required and key not in value:
                description = f"{field.description[0].lower()}{field.description[1:]}"
                raise UsageError(f"{name or 'the configuration'} lacks the key '{key}': {description}")
        return make(
            **{key.replace("-", "_"): fields[key].field_type.parse(v, prefix + key) for key, v in value.items()}
        )

    return FieldType(object_schema(fields), parse)


def tables(item: FieldType[T]) -> FieldType[tuple[T, ...]]:
    """A list of tables."""

    def parse(value: Any, key: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise UsageError(f"{key} is {_shown(value)}; it must be a list of tables, each under [[{key}]]")
        return tuple(item.parse(one, f"{key}[{number}]") for number, one in enumerate(value))

    return FieldType({"type": "array", "items": dict(item.schema)}, parse)


def object_schema(fields: Mapping[str, Field]) -> dict[str, Any]:
    """The JSON Schema of a table with these keys."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [key for key, field in fields.items() if field.required],
        "properties": {
            key: {"description": field.description, **field.field_type.schema} for key, field in fields.items()
        },
    }


def _parse_text(value: Any, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{key} is {_shown(value)}; it must be text in quotes that is not empty")
    return value


def _parse_texts(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        example = f'"{value}"' if isinstance(value, str) else '"…"'
        raise UsageError(f"{key} is {_shown(value)}; it must be a list of strings: {key} = [{example}]")
    return tuple(_parse_text(item, f"{key}[{number}]") for number, item in enumerate(value))


def _parse_date(value: Any, key: str) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise UsageError(f"{key} is {_shown(value)}; it must be a date such as 2027-01-31")


def _parse_zone(value: Any, key: str) -> str:
    from zoneinfo import ZoneInfo

    name = _parse_text(value, key)
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise UsageError(f"{key} is '{name}'; it must be an IANA time zone such as America/Los_Angeles") from None
    return name


TEXT = FieldType({"type": "string", "minLength": 1}, _parse_text)
TEXTS = FieldType({"type": "array", "items": {"type": "string", "minLength": 1}}, _parse_texts)
DATE = FieldType({"type": "string", "format": "date"}, _parse_date)
ZONE = FieldType({"type": "string", "minLength": 1}, _parse_zone)


def _shown(value: Any) -> str:
    """A value of TOML, as messages show it."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    return f"'{shown}'" if isinstance(value, str) else shown


def _suggestion(value: Any, words: Iterable[str]) -> str:
    from aind_lint.text.suggestions import closest  # slow to import

    suggestion = closest(value, words) if isinstance(value, str) else None
    return f"; did you mean '{suggestion}'?" if suggestion else ""
