"""Validation by jsonschema-rs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from aind_lint.schema.json_schema.schema_engine import SchemaError, is_decimal, is_time, refuse_surrogates
from aind_lint.schema.released_schemas import Schema


class RustValidator:
    """Validates by one schema; `errors` needs it as data, not as text."""

    def __init__(self, schema: Schema | str) -> None:
        self._schema = schema
        formats = {"time": is_time, "decimal": is_decimal}
        self._validator = jsonschema_rs.validator_for(schema, validate_formats=True, formats=formats)

    def is_valid(self, data: Any) -> bool:
        """Whether the data is valid."""
        return bool(self._validator.is_valid(data))

    def errors(self, data: Any) -> Iterator[SchemaError]:
        """All errors of the data."""
        refuse_surrogates(data)
        return (self._error(error, data) for error in self._validator.iter_errors(data))

    def _error(self, error: ValidationError, data: Any) -> SchemaError:
        *parent, _ = error.schema_path
        path = _with_empty_keys(tuple(error.instance_path), data, error.instance)
        keyword, schema = error.kind.name, _value_at(self._schema, parent)
        match error.kind:
            case Kind.AnyOf(context=branches) | Kind.OneOfNotValid(context=branches):
                errors = tuple(tuple(self._error(one, data) for one in branch) for branch in branches)
                return SchemaError(path, keyword, schema, branches=errors)
            case Kind.Required(property=name):
                return SchemaError(path, keyword, schema, (name,))
            case Kind.AdditionalProperties(unexpected=names):
                return SchemaError(path, keyword, schema, tuple(names))
            case _:
                return SchemaError(path, keyword, schema)


def _with_empty_keys(path: tuple[str | int, ...], data: Any, instance: Any) -> tuple[str | int, ...]:
    """The path of a value with the keys that are the empty string, which jsonschema-rs leaves out."""
    return next(_full_paths(path, data, instance), path)


def _full_paths(path: tuple[str | int, ...], value: Any, instance: Any) -> Iterator[tuple[str | int, ...]]:
    if not path and value == instance:
        yield ()
    if path and _has(value, path[0]):
        yield from ((path[0], *rest) for rest in _full_paths(path[1:], value[path[0]], instance))
    if isinstance(value, dict) and "" in value:
        yield from (("", *rest) for rest in _full_paths(path, value[""], instance))


def _has(value: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(value, list) and part < len(value)
    return isinstance(value, dict) and part in value


def _value_at(value: Any, path: Iterable[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value
