"""Settings as the text of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any

from aind_lint.config.settings import Settings


def toml(settings: Settings) -> str:
    """The settings as ``aind-lint.toml`` holds them, with every key that has a value."""
    plain, tables = [], []
    for key, value in _items(settings, ("file",)):
        if isinstance(value, tuple) and value and not isinstance(value[0], str):
            tables += [f"\n[[{key}]]\n{_lines(_items(one, ('line',)))}" for one in value]
        else:
            plain.append((key, value))
    return _lines(iter(plain)) + "".join(tables)


def _items(value: Any, without: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for field in fields(value):
        content = getattr(value, field.name)
        if field.name not in without and content not in (None, ()):
            yield field.name.replace("_", "-"), content


def _lines(items: Iterator[tuple[str, Any]]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in items)


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    text = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
    # A text of JSON is one of TOML; what a terminal could take for a command is escaped.
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in text)
