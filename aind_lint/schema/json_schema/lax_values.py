"""Values that pydantic coerces although the schema rejects them, such as numbers in quotes and times without an offset.

The models of a release accept these values, so they are not errors. pydantic itself coerces them here, in the major
version that the release used, because the two differ: pydantic 1 converts a number to text and 2.7 to 2, pydantic 2
rejects both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache
from typing import Any

from aind_lint.schema.json_schema.keyword_failure import KeywordFailure

#: The Python types of the types and formats of JSON Schema.
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
    """Pydantic rejects the value too."""


def coerce_like_pydantic(failure: KeywordFailure, pydantic: int) -> Any:
    """The value that pydantic makes of a rejected one, as JSON that the schema accepts.

    Args:
        failure: The failure of the value.
        pydantic: The major version of pydantic, 1 or 2.

    Raises:
        NotCoercibleError: Pydantic rejects the value too.
    """
    if failure.keyword in ("type", "format"):
        for name in failure.allowed:
            if name in _PYTHON and not isinstance(failure.value, (dict, list, type(None))):
                try:
                    return _to_json(_parser(name, pydantic)(failure.value))
                except (ValueError, OverflowError, OSError):
                    continue
    if pydantic == 2 and failure.keyword == "uniqueItems":  # with pydantic 2 a set; with pydantic 1 it can be a list
        return [item for index, item in enumerate(failure.value) if item not in failure.value[:index]]
    if failure.keyword == "const" and failure.path[-1:] == ("object_type",):  # every class of 2.x sets its object_type
        return failure.allowed[0]
    raise NotCoercibleError(failure)


@cache
def _parser(name: str, pydantic: int) -> Callable[[Any], Any]:
    if pydantic == 2:
        from pydantic import TypeAdapter  # slow to import, and few sidecars need it

        return TypeAdapter(_PYTHON[name]).validate_python
    from pydantic.v1 import parse_obj_as

    return lambda value: parse_obj_as(_PYTHON[name], value)


def _to_json(value: Any) -> Any:
    if isinstance(value, (datetime, time)):
        return value.isoformat() if value.tzinfo else f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value
