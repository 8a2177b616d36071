"""What validates by a JSON Schema, and the errors it reports, whichever library it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from aind_lint.schema.released_schemas import Schema


@dataclass(frozen=True)
class SchemaError:
    """A keyword that a value fails, as the library reports it.

    Attributes:
        path: Keys and indices of the value.
        keyword: The keyword of JSON Schema, such as "required".
        schema: The schema that contains the keyword; references in it are not resolved.
        fields: The missing field, or the unknown fields, of an object.
        branches: The errors of each branch of a union that accepts no branch.
    """

    path: tuple[str | int, ...]
    keyword: str
    schema: Schema
    fields: tuple[str, ...] = ()
    branches: tuple[tuple[SchemaError, ...], ...] = ()


class SchemaValidator(Protocol):
    """Validates by one schema."""

    def is_valid(self, data: Any) -> bool:
        """Whether the data is valid; may raise UnicodeEncodeError for a lone surrogate."""

    def errors(self, data: Any) -> Iterator[SchemaError]:
        """All errors of the data; raises UnicodeEncodeError for a lone surrogate."""


_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")


def is_time(text: str) -> bool:
    """Whether a text has the format ``time``, with or without an offset.

    JSON Schema requires an offset; sidecars have local times of day, such as the hour at which a light goes on.
    """
    return bool(_TIME.fullmatch(text))


def is_decimal(text: str) -> bool:
    """Whether a text has the format ``decimal``: a number in quotes, as pydantic 2 writes it."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def refuse_surrogates(data: Any) -> None:
    """Raise UnicodeEncodeError for a lone surrogate, which JSON text can contain and Unicode cannot."""
    json.dumps(data, ensure_ascii=False).encode("utf-8")
