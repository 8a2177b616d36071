"""The verdict of the installed aind-data-schema models on a sidecar of their generation.

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
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from aind_lint.asset.position import join_pointer
from aind_lint.schema.violation import (
    FORMATS,
    Violation,
    field_of,
    missing,
    not_allowed,
    one_line,
    should_be,
    shown,
    too_few,
    unknown,
)

#: The generation the installed models belong to.
MODEL_GENERATION = "2.x"

# Every way of writing a time without a zone that pydantic reads.
_NAIVE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt _]([0-9]{2}:[0-9]{2})(:[0-9]{2}([.,][0-9]+)?)?")


def model_version(cls: str) -> str | None:
    """The ``schema_version`` of the installed model of a class; None when there is no such model."""
    model = _model(cls)
    return str(model.model_fields["schema_version"].default) if model else None


def violations(cls: str, data: dict[str, Any], zone: str) -> list[Violation]:
    """What the installed model of class ``cls`` rejects in a sidecar.

    Args:
        cls: Name of the class, such as ``DataDescription``.
        data: The sidecar's content; it is not changed.
        zone: The zone for times that carry none.

    Raises:
        LookupError: The installed package has no such class.
    """
    model = _model(cls)
    if model is None:
        raise LookupError(cls)
    with _quiet():
        try:
            model.model_validate(_with_zone(data, ZoneInfo(zone)))
        except ValidationError as error:
            return list(_explain(error, data))
        except Exception as error:
            # Some validators of the package fail on values they did not foresee; the value is wrong all the same.
            message = f"the schema's own check fails on this file ({type(error).__name__}: {error})"
            return [Violation("", one_line(message))]
    return []


def _model(cls: str) -> type[BaseModel] | None:
    module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls).lower()
    try:
        with _quiet():
            found = getattr(importlib.import_module(f"aind_data_schema.core.{module}"), cls, None)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("aind_data_schema.core"):
            return None
        raise
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the package warns and logs about its own inner life from the user's terminal."""
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
    if isinstance(value, str) and (naive := _NAIVE.fullmatch(value)):
        try:
            return value + f"{datetime.fromisoformat(f'{naive[1]}T{naive[2]}').replace(tzinfo=zone):%z}"[:5]
        except ValueError:
            return value
    return value


def _explain(error: ValidationError, data: dict[str, Any]) -> Iterator[Violation]:
    seen: set[str] = set()
    for detail in _best_branches(error.errors(include_url=False), data):
        pointer = join_pointer(_path(detail["loc"], data, detail["type"])[0])
        if pointer not in seen:
            seen.add(pointer)
            yield _violation(pointer, detail)


def _path(loc: tuple[str | int, ...], data: Any, kind: str) -> tuple[list[str | int], tuple[int, str | int] | None]:
    """A location without the names of union branches that pydantic puts in it, and the first of these.

    The branch is given with its depth in the cleaned path.
    """
    path: list[str | int] = []
    branch = None
    here = data
    for index, part in enumerate(loc):
        try:
            here = here[part]
        except (LookupError, TypeError):
            if kind != "missing" or index < len(loc) - 1:
                branch = branch or (len(path), part)
                continue
        path.append(part)
    return path, branch


def _best_branches(details: list[Any], data: dict[str, Any]) -> list[Any]:
    """Of each union whose every branch failed, only the branch with the fewest errors: the one that was meant."""
    unions: dict[str, dict[str | int, list[Any]]] = {}
    kept = []
    for detail in details:
        path, branch = _path(detail["loc"], data, detail["type"])
        if branch is None:
            kept.append(detail)
        else:
            depth, name = branch
            unions.setdefault(join_pointer(path[:depth]), {}).setdefault(name, []).append(detail)
    for branches in unions.values():
        kept += sorted(branches.values(), key=len)[0]
    return kept


#: What a value should be, by the kinds of pydantic's errors.
_SHOULD_BE = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "set_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "date_type": FORMATS["date"],
    "date_parsing": FORMATS["date"],
    "date_from_datetime_parsing": FORMATS["date"],
    "date_from_datetime_inexact": "a date without a time (YYYY-MM-DD)",
    "datetime_type": FORMATS["date-time"],
    "datetime_parsing": FORMATS["date-time"],
    "datetime_from_date_parsing": FORMATS["date-time"],
    "time_type": FORMATS["time"],
    "time_parsing": FORMATS["time"],
}


def _violation(pointer: str, detail: Any) -> Violation:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return missing(pointer)
    if kind == "extra_forbidden":
        return unknown(pointer, value)
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        listed = str(context.get("expected", context.get("expected_tags")))
        return not_allowed(pointer, context.get("tag", value), re.findall(r"'([^']*)'", listed))
    if kind in _SHOULD_BE:
        return should_be(pointer, value, _SHOULD_BE[kind])
    if kind == "too_short":
        return too_few(pointer, value, context["actual_length"], context["min_length"])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    where = f"'{field_of(pointer)}': " if pointer else ""
    return Violation(pointer, one_line(f"{where}{message[:1].lower()}{message[1:]}"), shown(value))
