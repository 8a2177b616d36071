"""Reads JSON values that may be missing or of another type than they should be."""

from __future__ import annotations

from typing import Any


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none if it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def member(value: Any, *names: str) -> Any:
    """A value inside objects; None if there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
