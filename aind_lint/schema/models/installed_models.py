"""Validation of a sidecar by the installed models of its generation.

The models have side effects and gaps: any ``schema_version`` passes, a wrong ``object_type`` is overwritten in the
caller's dict, times without an offset get the time zone of the machine, and some validators raise TypeError. So a copy
is validated, times without an offset get a fixed zone first, and every exception counts as a violation.
"""

from __future__ import annotations

import importlib
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from aind_lint.schema.generation import Generation
from aind_lint.schema.models.model_result import ModelError, ModelResult, ModelUnavailableError
from aind_lint.schema.models.pydantic_errors import pydantic_errors
from aind_lint.schema.violation import Violation
from aind_lint.text.characters import one_line

#: The packages of the models, by generation: the name to import, and the name of the distribution.
PACKAGES: dict[Generation, tuple[str, str]] = {
    "2.x": ("aind_data_schema", "aind-data-schema"),
    "3.x": ("biodata_schema", "biodata-schema"),
}

#: `_quiet` changes global state, so only one thread may be inside.
_quiet_lock = RLock()

#: Date and time without an offset, in every form that pydantic parses.
_LOCAL_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt _]([0-9]{2}:[0-9]{2})(:[0-9]{2}([.,][0-9]+)?)?")


def model_version(generation: Generation, cls: str) -> str:
    """The ``schema_version`` of the installed model of a class.

    Raises:
        ModelUnavailableError: There is no such model.
    """
    return str(_model(generation, cls).model_fields["schema_version"].default)


def validate_with_model(generation: Generation, cls: str, data: dict[str, Any], zone: str) -> ModelResult:
    """Validate the content of a sidecar with the installed model of its class.

    Args:
        generation: The generation of the sidecar, one of `PACKAGES`.
        cls: Name of the class, such as ``DataDescription``.
        data: The content; it is not modified.
        zone: The time zone of times without an offset.

    Raises:
        ModelUnavailableError: There is no such model.
    """
    model = _model(generation, cls)
    with _quiet():
        try:
            model.model_validate(_with_offsets(data, ZoneInfo(zone)))
        except ValidationError as error:
            return _result(pydantic_errors(error, data))
        except ImportError as error:  # the package imports some of its modules late
            raise _unusable(generation, error) from None
        except Exception as error:
            # Some validators of the package crash on unexpected values. Such a value is invalid all the same.
            message = f"the schema package raises an error for this file ({type(error).__name__}: {error})"
            return ModelResult(schema_violations=(Violation("", one_line(message)),))
    return ModelResult()


def _result(errors: list[ModelError]) -> ModelResult:
    return ModelResult(
        tuple(error.violation for error in errors if not error.by_validator),
        tuple(error for error in errors if error.by_validator),
    )


@cache
def _model(generation: Generation, cls: str) -> type[BaseModel]:
    package, name = PACKAGES[generation]
    module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls).lower()
    try:
        with _quiet():
            _defer_builds(package)
            found = getattr(importlib.import_module(f"{package}.core.{module}"), cls, None)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == package:
            raise ModelUnavailableError(f"{name} is not installed, or has no {cls}") from None
        raise _unusable(generation, error) from None
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise ModelUnavailableError(f"the installed {name} has no {cls}")
    found.model_rebuild()
    return found


def _defer_builds(package: str) -> None:
    """Let pydantic build each class of a package on first use.

    Most classes are never used, so the import takes 25 % less time.
    """
    base = getattr(importlib.import_module(f"{package}.base"), "DataModel", None)
    if isinstance(base, type) and issubclass(base, BaseModel):
        base.model_config["defer_build"] = True


def _unusable(generation: Generation, error: ImportError) -> ModelUnavailableError:
    """The error for a package whose dependencies cannot be imported."""
    return ModelUnavailableError(f"the installed {PACKAGES[generation][1]} cannot be used: {one_line(str(error))}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings and log messages of the schema package: they are not about the user's file."""
    with _quiet_lock:
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            logging.disable(before)


def _with_offsets(value: Any, zone: ZoneInfo) -> Any:
    """A deep copy in which every time without an offset has that of ``zone``."""
    if isinstance(value, dict):
        return {key: _with_offsets(item, zone) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_offsets(item, zone) for item in value]
    if isinstance(value, str) and value[4:5] == "-" and (local := _LOCAL_TIME.fullmatch(value)):
        try:
            return value + f"{datetime.fromisoformat(f'{local[1]}T{local[2]}').replace(tzinfo=zone):%z}"[:5]
        except ValueError:
            return value
    return value
