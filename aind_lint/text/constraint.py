"""Constraints on the values of a rule file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any


class Constraint:
    """What a value must be, as metadata of `typing.Annotated`.

    Pydantic applies it when it validates a rule file, and is imported only then: rules run without it.
    """

    def __init__(self, check: Callable[[Any], Any] | None = None, **arguments: Any) -> None:
        """State the constraint.

        Args:
            check: Returns the value, or raises ValueError.
            arguments: See `pydantic.Field`, such as ``min_length``.
        """
        self._check = check
        self._arguments = arguments

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """What pydantic asks of metadata that it does not know."""
        from pydantic import AfterValidator, Field

        annotated = Annotated[source, Field(**self._arguments)]
        return handler.generate_schema(Annotated[annotated, AfterValidator(self._check)] if self._check else annotated)


#: A list of at least one element.
NOT_EMPTY = Constraint(min_length=1)
