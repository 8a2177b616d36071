"""Validation of a sidecar by the schema of the exact version that it declares, from the archive of schemas."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from aind_lint.schema.json_schema.explanation import to_violations
from aind_lint.schema.json_schema.keyword_failure import KeywordFailure, keyword_failures
from aind_lint.schema.json_schema.lax_values import NotCoercibleError, coerce_like_pydantic
from aind_lint.schema.json_schema.schema_engine import SchemaValidator
from aind_lint.schema.json_schema.tagged_union import follow_discriminators
from aind_lint.schema.released_schemas import DRAFT_7, Schema, candidate_classes, load_schema, load_schema_text
from aind_lint.schema.versions import declaration
from aind_lint.schema.violation import Violation, set_to
from aind_lint.sidecar.reader import Sidecar
from aind_lint.system.compiled_packages import is_available
from aind_lint.text.characters import one_line
from aind_lint.text.json_position import join_pointer

#: Rounds of coercion. A coerced value can fail another keyword: a number in quotes can also be too large. No sidecar of
#: 410 in real records needs a second round.
_MAX_ROUNDS = 4


@dataclass(frozen=True)
class ValidationResult:
    """The result of validating a sidecar.

    Attributes:
        errors: Violations that the release of the schema rejects.
        tolerated: Violations of the schema that the models of its release accept, because pydantic coerces the value.
    """

    errors: tuple[Violation, ...]
    tolerated: tuple[Violation, ...]


@lru_cache(maxsize=16)  # several rules validate each sidecar of an asset
def validate_sidecar(sidecar: Sidecar) -> ValidationResult | None:
    """Validate a sidecar by the version that it declares; None when it is unreadable or its version has no schema."""
    if sidecar.data is None:
        return None
    declared = declaration(sidecar)
    if declared.version is None or declared.release is None:
        return None
    return validate_version(declared.cls, declared.version, sidecar.data)


def validate_version(cls: str, version: str, data: dict[str, Any]) -> ValidationResult:
    """Validate the content of a sidecar by one version of a class.

    Args:
        cls: Name of the class, such as ``DataDescription``. Up to package 1.4.0 a file may also satisfy a subclass; the
            result is that of the class with the fewest errors.
        version: The version.
        data: The content; it is not modified.

    Raises:
        LookupError: The archive has no such version of the class.
    """
    classes = candidate_classes(cls, version)
    try:
        if any(_fast_validator(one, version).is_valid(data) for one in classes):
            return ValidationResult((), ())
        results = [_validate_in_detail(one, version, data) for one in classes]
    except UnicodeEncodeError as error:  # a lone surrogate, which the validator cannot represent
        return ValidationResult(
            (Violation("", one_line(f"the file contains text that is not Unicode ({error.reason})")),), ()
        )
    return min(results, key=lambda result: (len(result.errors), len(result.tolerated)))


def _validate_in_detail(cls: str, version: str, data: dict[str, Any]) -> ValidationResult:
    schema, validator = _detailed_validator(cls, version)
    pydantic = 1 if schema["$schema"] == DRAFT_7 else 2
    data = copy.deepcopy(data)
    tolerated: list[KeywordFailure] = []
    values: dict[str, Any] = {}
    for _ in range(_MAX_ROUNDS):
        failures = keyword_failures(validator.errors(data), data)
        coerced = list(_coerce(failures, pydantic))
        if not coerced:
            break
        tolerated += [failure for failure, _ in coerced]
        for failure, value in coerced:
            _set_value(data, failure.path, value)
            if not _is_time(failure):  # the models take the zone of the computer, which is not that of the rig
                values[join_pointer(failure.path)] = value
    lenient = (
        replace(one, fix=set_to(one.pointer, values[one.pointer])) if one.pointer in values else one
        for one in to_violations(tolerated)
    )
    return ValidationResult(tuple(to_violations(failures)), tuple(lenient))


def _is_time(failure: KeywordFailure) -> bool:
    return not {"date", "date-time", "time"}.isdisjoint(one for one in failure.allowed if isinstance(one, str))


def _coerce(failures: list[KeywordFailure], pydantic: int) -> Iterator[tuple[KeywordFailure, Any]]:
    for failure in failures:
        try:
            yield failure, coerce_like_pydantic(failure, pydantic)
        except NotCoercibleError:
            continue


def _set_value(data: Any, path: tuple[str | int, ...], value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


@cache
def _fast_validator(cls: str, version: str) -> SchemaValidator:
    """A validator that decides whether a file is valid; its errors in tagged unions are not useful."""
    return _compile(load_schema_text(cls, version))


@cache
def _detailed_validator(cls: str, version: str) -> tuple[Schema, SchemaValidator]:
    schema = follow_discriminators(load_schema(cls, version))
    return schema, _compile(schema)


def _compile(schema: Schema | str) -> SchemaValidator:
    """A validator by jsonschema-rs, or where that has no wheel by jsonschema, which gives the same errors.

    jsonschema-rs takes about a twentieth of the time.
    """
    if is_available("jsonschema_rs"):
        from aind_lint.schema.json_schema.rust_engine import RustValidator

        return RustValidator(schema)
    from aind_lint.schema.json_schema.python_engine import PythonValidator

    return PythonValidator(schema)
