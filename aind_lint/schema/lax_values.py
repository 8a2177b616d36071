"""What pydantic reads although the schema does not say so: numbers in quotes, times without a zone.

A release accepts them, so its schema must not call them faults. pydantic itself is asked, in the generation that the
release ran with, because the two differ: 1 makes text of a number and a whole number of 2.7, 2 does neither.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from aind_lint.schema.keyword_failure import KeywordFailure

#: What the types and formats of JSON Schema are in Python.
_PYTHON: dict[str, type] = {
    "boolean": bool,
    "date": date,
    "date-time": datetime,
    "integer": int,
    "number": float,
    "string": str,
    "time": time,
}


class NotCoercibleError(ValueError):
    """Pydantic does not read the value either."""


def coerce_like_pydantic(fault: KeywordFailure, pydantic: int) -> Any:
    """The value that pydantic reads at a fault, as JSON that the schema accepts.

    Args:
        fault: What the schema rejects.
        pydantic: The generation of pydantic, 1 or 2.

    Raises:
        NotReadError: It reads none.
    """
    if fault.keyword in ("type", "format"):
        for name in fault.wanted:
            if name in _PYTHON and not isinstance(fault.value, (dict, list, type(None))):
                try:
                    return _as_json(_reader(name, pydantic)(fault.value))
                except (ValueError, OverflowError, OSError):
                    continue
    if pydantic == 2 and fault.keyword == "uniqueItems":  # a set, which a list of pydantic 1 need not be
        return [item for index, item in enumerate(fault.value) if item not in fault.value[:index]]
    if fault.keyword == "const" and fault.path[-1:] == ("object_type",):  # set by every class of 2.x by itself
        return fault.wanted[0]
    raise NotCoercibleError(fault)


@cache
def _reader(name: str, pydantic: int) -> Callable[[Any], Any]:
    if pydantic == 2:
        return TypeAdapter(_PYTHON[name]).validate_python
    from pydantic.v1 import parse_obj_as

    return lambda value: parse_obj_as(_PYTHON[name], value)


def _as_json(value: Any) -> Any:
    if isinstance(value, (datetime, time)):
        return value.isoformat() if value.tzinfo else f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value
