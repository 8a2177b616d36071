"""Validation by jsonschema, where there is no jsonschema-rs. It gives the same errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from aind_lint.schema.json_schema.schema_engine import SchemaError, is_decimal, is_time, refuse_surrogates
from aind_lint.schema.released_schemas import DRAFT_7, Schema

_DATE_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
    r":(?P<second>[0-5][0-9]|60)(\.[0-9]+)?"
    r"([Zz]|(?P<sign>[+-])(?P<offset_hours>[01][0-9]|2[0-3]):(?P<offset_minutes>[0-5][0-9]))"
)


class PythonValidator:
    """Validates by one schema."""

    def __init__(self, schema: Schema | str) -> None:
        content = json.loads(schema) if isinstance(schema, str) else schema
        self._validator = _validator_class(content["$schema"] == DRAFT_7)(content, format_checker=_formats())

    def is_valid(self, data: Any) -> bool:
        """Whether the data is valid."""
        refuse_surrogates(data)
        return bool(self._validator.is_valid(data))

    def errors(self, data: Any) -> Iterator[SchemaError]:
        """All errors of the data."""
        refuse_surrogates(data)
        return map(_error, self._validator.iter_errors(data))


def _error(error: ValidationError) -> SchemaError:
    branches: dict[int, list[SchemaError]] = {}
    for cause in error.context or ():
        branches.setdefault(int(cause.schema_path[0]), []).append(_error(cause))
    path, keyword, schema = tuple(error.absolute_path), str(error.validator), error.schema
    fields = tuple(getattr(error, "fields", ()))
    return SchemaError(path, keyword, schema, fields, tuple(tuple(errors) for errors in branches.values()))


@cache
def _validator_class(is_draft_7: bool) -> Any:
    keywords = {
        "additionalProperties": _additional_properties,
        "pattern": _pattern,
        "propertyNames": _property_names,
        "required": _required,
    }
    return extend(Draft7Validator if is_draft_7 else Draft202012Validator, keywords)


def _required(validator: Any, names: list[str], value: Any, schema: Schema) -> Iterator[ValidationError]:
    """As in jsonschema; the error has the missing field as an attribute."""
    if validator.is_type(value, "object"):
        yield from (_field_error((name,)) for name in names if name not in value)


def _additional_properties(validator: Any, allowed: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
    """As in jsonschema; the error has the unknown fields as an attribute."""
    if not validator.is_type(value, "object"):
        return
    names = tuple(name for name in value if name not in schema.get("properties", {}))
    if isinstance(allowed, Mapping):
        for name in names:
            yield from validator.descend(value[name], allowed, path=name)
    elif not allowed and names:
        yield _field_error(names)


def _field_error(names: tuple[str, ...]) -> ValidationError:
    error = ValidationError("")
    error.fields = names
    return error


def _property_names(validator: Any, names: Schema, value: Any, schema: Schema) -> Iterator[ValidationError]:
    """One error at the object for each name that is not allowed, as in jsonschema-rs."""
    if validator.is_type(value, "object"):
        yield from (ValidationError("") for name in value if not validator.evolve(schema=names).is_valid(name))


def _pattern(validator: Any, pattern: str, value: Any, schema: Schema) -> Iterator[ValidationError]:
    """As in JSON Schema, where ``$`` matches only at the end; in Python it also matches before a final line feed."""
    if validator.is_type(value, "string") and not re.search(_anchored(pattern), value):
        yield ValidationError("")


@cache
def _anchored(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{pattern[:-1]}\Z" if pattern.endswith("$") else pattern)


@cache
def _formats() -> FormatChecker:
    checks = {"date": _is_date, "date-time": _is_date_time, "time": is_time, "decimal": is_decimal}
    checker = FormatChecker(formats=())
    for name, check in checks.items():
        checker.checkers = {**checker.checkers, name: (_of_text(check), ())}
    return checker


def _of_text(check: Any) -> Any:
    return lambda value: not isinstance(value, str) or check(value)


def _is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    """RFC 3339: a date, a time with seconds, and an offset. A leap second is the last one of a day in UTC."""
    match = _DATE_TIME.fullmatch(text)
    if match is None or not _is_date(match["date"]):
        return False
    sign = -1 if match["sign"] == "+" else 1
    minutes = int(match["hour"]) * 60 + int(match["minute"])
    offset = sign * (int(match["offset_hours"] or 0) * 60 + int(match["offset_minutes"] or 0))
    return match["second"] != "60" or (minutes + offset) % 1440 == 1439
