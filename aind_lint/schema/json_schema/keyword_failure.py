"""The keywords of a schema that a file fails, reduced to those that matter.

When no branch of a union accepts a value, a validator reports errors for every branch. Only the errors of the intended
branch help. Its constants identify it: an object with ``"procedure_type": "Craniotomy"`` is meant as a craniotomy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from aind_lint.schema.json_schema.schema_engine import SchemaError
from aind_lint.schema.released_schemas import Schema


@dataclass(frozen=True)
class KeywordFailure:
    """A keyword of a schema that a value fails.

    Attributes:
        path: Keys and indices of the value, or of the missing field.
        keyword: The keyword of JSON Schema, such as "required".
        value: The value; for a missing field, the object without it.
        allowed: What the keyword allows. For a string with a format, the format.
        schema: The schema that contains the keyword; references in it are not resolved.
    """

    path: tuple[str | int, ...]
    keyword: str
    value: Any
    allowed: tuple[Any, ...]
    schema: Schema

    @property
    def is_constant(self) -> bool:
        """Whether only one value is allowed."""
        return self.keyword in ("const", "enum") and len(self.allowed) == 1


def keyword_failures(errors: Iterable[SchemaError], data: Any) -> list[KeywordFailure]:
    """The failures behind the errors of a validator of ``data``, in an order that does not depend on the library."""
    return sorted(chain.from_iterable(_failures_of(error, data) for error in errors), key=_sort_key)


def _sort_key(failure: KeywordFailure) -> tuple[list[tuple[int, str]], str]:
    """By path, list items by index, and by keyword."""
    return [(part, "") if isinstance(part, int) else (-1, part) for part in failure.path], failure.keyword


def _failures_of(error: SchemaError, data: Any) -> Iterator[KeywordFailure]:
    path, keyword, schema = error.path, error.keyword, error.schema
    if error.branches:
        yield from _union_failures(path, [keyword_failures(branch, data) for branch in error.branches])
        return
    if error.fields:
        allowed = tuple(schema.get("properties", ()))
    else:
        allowed = _as_tuple(schema.get("format", "string") if schema.get(keyword) == "string" else schema.get(keyword))
    for one in [(*path, name) for name in error.fields] or [path]:
        yield KeywordFailure(one, keyword, _value_at(data, one if keyword != "required" else path), allowed, schema)


def _value_at(value: Any, path: Iterable[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value


def _as_tuple(allowed: Any) -> tuple[Any, ...]:
    return tuple(allowed) if isinstance(allowed, list) else (allowed,)


def _union_failures(path: tuple[str | int, ...], branches: list[list[KeywordFailure]]) -> list[KeywordFailure]:
    """The failures of the intended branch, or one failure that combines what the branches allow."""
    best = min(branches, key=lambda branch: _distance(path, branch))
    other_type, other_tag, _ = _distance(path, best)
    if other_type:
        return [
            _combined([failure for failure in chain(*branches) if failure.path == path and failure.keyword == "type"])
        ]
    if other_tag:
        tag = next(failure.path for failure in best if _is_tag_failure(path, failure))
        return [_combined([failure for failure in chain(*branches) if failure.path == tag and failure.is_constant])]
    if all(failure.path == path and failure.keyword in ("const", "enum") for failure in best):
        same = [
            failure for failure in chain(*branches) if failure.path == path and failure.keyword in ("const", "enum")
        ]
        return [_combined(same)]
    return best


def _distance(path: tuple[str | int, ...], branch: list[KeywordFailure]) -> tuple[bool, int, int]:
    """How far a value is from a branch: whether its type differs, how many tags differ, and the number of failures."""
    other_type = any(failure.path == path and failure.keyword == "type" for failure in branch)
    return other_type, sum(_is_tag_failure(path, failure) for failure in branch), len(branch)


def _is_tag_failure(path: tuple[str | int, ...], failure: KeywordFailure) -> bool:
    """Whether a failure is about a constant field of the object at ``path``: a tag that identifies a branch."""
    return failure.is_constant and len(failure.path) == len(path) + 1 and failure.path[:-1] == path


def _combined(failures: list[KeywordFailure]) -> KeywordFailure:
    # By text, because an object can be an allowed value.
    allowed = {repr(value): value for value in chain.from_iterable(failure.allowed for failure in failures)}
    keyword = "type" if failures[0].keyword == "type" else "enum" if len(allowed) > 1 else failures[0].keyword
    return replace(failures[0], keyword=keyword, allowed=tuple(allowed.values()))
