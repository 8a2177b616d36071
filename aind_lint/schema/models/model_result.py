"""The result of validating a sidecar with a model; without pydantic, for a process that asks another one for it."""

from __future__ import annotations

from dataclasses import dataclass

from aind_lint.schema.violation import Violation


class ModelUnavailableError(LookupError):
    """The package with the models is not installed, cannot be imported, or has no such class."""


@dataclass(frozen=True)
class ModelError:
    """One error of pydantic.

    Attributes:
        violation: The error as a violation.
        owner_pointer: JSON pointer to the object that pydantic rejects; that of a validator encloses the value.
        by_validator: Whether a validator of the schema package raised it, not pydantic itself.
    """

    violation: Violation
    owner_pointer: str
    by_validator: bool


@dataclass(frozen=True)
class ModelResult:
    """The result of validating a sidecar with a model.

    Attributes:
        schema_violations: Violations of fields, types and vocabularies, which a schema of the same version rejects too.
        validator_failures: What only the validators of the package check: names that must exist, equal lengths.
    """

    schema_violations: tuple[Violation, ...] = ()
    validator_failures: tuple[ModelError, ...] = ()
