"""The verdict of the installed models on a sidecar of their generation.

The models are lenient where a linter must not be (any ``schema_version`` passes, a wrong ``object_type`` is rewritten
in the caller's dict, naive times take the machine's zone, some validators raise TypeError), so a copy is judged, naive
times get a fixed zone first, and every exception is a verdict.
"""

from __future__ import annotations

import importlib
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from aind_lint.schema.generation import Generation
from aind_lint.schema.pydantic_errors import ModelError, pydantic_errors
from aind_lint.schema.violation import Violation
from aind_lint.text.characters import one_line

#: The packages whose models are used, by generation: what is imported, and what is installed for it.
PACKAGES: dict[Generation, tuple[str, str]] = {
    "2.x": ("aind_data_schema", "aind-data-schema"),
    "3.x": ("biodata_schema", "biodata-schema"),
}

_one_at_a_time = RLock()

# Every way of writing a time without a zone that pydantic reads.
_NAIVE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt _]([0-9]{2}:[0-9]{2})(:[0-9]{2}([.,][0-9]+)?)?")


class ModelUnavailableError(LookupError):
    """The package whose models would judge a file is not installed, cannot be imported, or has no such class."""


@dataclass(frozen=True)
class ModelResult:
    """What the models say of a sidecar.

    Attributes:
        schema_violations: Faults of fields, types and vocabularies, which a schema of the same version knows too.
        validator_failures: What only the validators of the package check: names that must exist, equal lengths.
    """

    schema_violations: tuple[Violation, ...] = ()
    validator_failures: tuple[ModelError, ...] = ()


def model_version(generation: Generation, cls: str) -> str:
    """The ``schema_version`` of the installed model of a class.

    Raises:
        NotInstalledError: There is no such model.
    """
    return str(_model(generation, cls).model_fields["schema_version"].default)


def validate_with_model(generation: Generation, cls: str, data: dict[str, Any], zone: str) -> ModelResult:
    """What the installed model of a class says of a sidecar.

    Args:
        generation: The generation of the sidecar, one of `PACKAGES`.
        cls: Name of the class, such as ``DataDescription``.
        data: The sidecar's content; it is not changed.
        zone: The zone for times that carry none.

    Raises:
        NotInstalledError: There is no such model.
    """
    model = _model(generation, cls)
    with _quiet():
        try:
            model.model_validate(_with_zone(data, ZoneInfo(zone)))
        except ValidationError as error:
            return _opinion(pydantic_errors(error, data))
        except ImportError as error:  # some of its modules are imported only now
            raise _not_usable(generation, error) from None
        except Exception as error:
            # Some validators of the package fail on values they did not foresee; the value is wrong all the same.
            message = f"the schema package raises an error for this file ({type(error).__name__}: {error})"
            return ModelResult(schema_violations=(Violation("", one_line(message)),))
    return ModelResult()


def _opinion(found: list[ModelError]) -> ModelResult:
    return ModelResult(
        tuple(one.violation for one in found if not one.by_validator),
        tuple(one for one in found if one.by_validator),
    )


def _model(generation: Generation, cls: str) -> type[BaseModel]:
    package, name = PACKAGES[generation]
    module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls).lower()
    try:
        with _quiet():
            _build_late(package)
            found = getattr(importlib.import_module(f"{package}.core.{module}"), cls, None)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == package:
            raise ModelUnavailableError(f"{name} is not installed, or has no {cls}") from None
        raise _not_usable(generation, error) from None
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise ModelUnavailableError(f"the installed {name} has no {cls}")
    found.model_rebuild()
    return found


def _build_late(package: str) -> None:
    """Let pydantic build a class of a package when it is used first: most are parts of others, and never are.

    That makes the package load in three quarters of the time.
    """
    base = getattr(importlib.import_module(f"{package}.base"), "DataModel", None)
    if isinstance(base, type) and issubclass(base, BaseModel):
        base.model_config["defer_build"] = True


def _not_usable(generation: Generation, error: ImportError) -> ModelUnavailableError:
    """What to say of a package whose own dependencies do not fit it."""
    return ModelUnavailableError(f"the installed {PACKAGES[generation][1]} cannot be used: {one_line(str(error))}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the package warns and logs about its own inner life from the user's terminal."""
    with _one_at_a_time:  # of two that overlap, one would keep what the other has switched off
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            logging.disable(before)


def _with_zone(value: Any, zone: ZoneInfo) -> Any:
    """A deep copy in which every time without a zone has ``zone``."""
    if isinstance(value, dict):
        return {key: _with_zone(item, zone) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_zone(item, zone) for item in value]
    if isinstance(value, str) and value[4:5] == "-" and (naive := _NAIVE.fullmatch(value)):
        try:
            return value + f"{datetime.fromisoformat(f'{naive[1]}T{naive[2]}').replace(tzinfo=zone):%z}"[:5]
        except ValueError:
            return value
    return value
