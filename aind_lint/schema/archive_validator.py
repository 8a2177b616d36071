"""The verdict of the very release that carries a sidecar's version, from the archive of its schemas."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

import jsonschema_rs

from aind_lint.schema.archive import DRAFT_7, Schema, candidate_classes, load_schema, load_schema_text
from aind_lint.schema.explanation import to_violations
from aind_lint.schema.keyword_failure import KeywordFailure, keyword_failures
from aind_lint.schema.lax_values import NotCoercibleError, coerce_like_pydantic
from aind_lint.schema.tagged_union import follow_discriminators
from aind_lint.schema.versions import declaration
from aind_lint.schema.violation import Violation
from aind_lint.sidecar.reader import Sidecar
from aind_lint.text.characters import one_line

#: A coercion can bring another fault to light: text that is a number, which is too large.
_ROUNDS = 4

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")


@dataclass(frozen=True)
class ValidationResult:
    """What a schema says of a sidecar.

    Attributes:
        errors: What its release rejects.
        tolerated: What the schema rejects and its release reads all the same.
    """

    errors: tuple[Violation, ...]
    tolerated: tuple[Violation, ...]


@lru_cache(maxsize=16)  # several rules ask for the verdict on each sidecar of one asset
def validate_sidecar(sidecar: Sidecar) -> ValidationResult | None:
    """The verdict on a sidecar by the version it declares; None when it cannot be read or no schema is known for it."""
    if sidecar.data is None:
        return None
    declared = declaration(sidecar)
    if declared.version is None or declared.release is None:
        return None
    return validate_version(declared.cls, declared.version, sidecar.data)


def validate_version(cls: str, version: str, data: dict[str, Any]) -> ValidationResult:
    """Judge a sidecar by one version of a class.

    Args:
        cls: Name of the class, such as ``DataDescription``. Up to package 1.4.0 a file may also follow a class that
            inherits from it; it is judged by the one that it fits best.
        version: The version.
        data: The sidecar's content; it is not changed.

    Raises:
        LookupError: The pair is not in the archive.
    """
    classes = candidate_classes(cls, version)
    try:
        if any(_judge(one, version).is_valid(data) for one in classes):
            return ValidationResult((), ())
        verdicts = [_explained(one, version, data) for one in classes]
    except UnicodeEncodeError as error:  # half a character, which the validator cannot hold
        return ValidationResult(
            (Violation("", one_line(f"the file contains text that is not Unicode ({error.reason})")),), ()
        )
    return min(verdicts, key=lambda one: (len(one.errors), len(one.tolerated)))


def _explained(cls: str, version: str, data: dict[str, Any]) -> ValidationResult:
    schema, validator = _explainer(cls, version)
    pydantic = 1 if schema["$schema"] == DRAFT_7 else 2
    data = copy.deepcopy(data)
    leniences: list[KeywordFailure] = []
    for _ in range(_ROUNDS):
        faults = keyword_failures(validator.iter_errors(data), schema, data)
        read = list(_coercions(faults, pydantic))
        if not read:
            break
        leniences += [fault for fault, _ in read]
        for fault, value in read:
            _put(data, fault.path, value)
    return ValidationResult(tuple(to_violations(faults)), tuple(to_violations(leniences)))


def _coercions(faults: list[KeywordFailure], pydantic: int) -> Iterator[tuple[KeywordFailure, Any]]:
    for fault in faults:
        try:
            yield fault, coerce_like_pydantic(fault, pydantic)
        except NotCoercibleError:
            continue


def _put(data: Any, path: tuple[str | int, ...], value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


@cache
def _judge(cls: str, version: str) -> jsonschema_rs.Validator:
    return _validator(load_schema_text(cls, version))


@cache
def _explainer(cls: str, version: str) -> tuple[Schema, jsonschema_rs.Validator]:
    schema = follow_discriminators(load_schema(cls, version))
    return schema, _validator(schema)


def _validator(schema: Schema | str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema, validate_formats=True, formats=_FORMATS)


def _is_time(text: str) -> bool:
    return bool(_TIME.fullmatch(text))


def _is_decimal(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


#: Formats that JSON Schema does not have as they are meant here. It wants a zone in every time of day; people write
#: the hour at which a lamp goes on without one. A decimal is a number in quotes, as pydantic 2 writes it.
_FORMATS = {"time": _is_time, "decimal": _is_decimal}
