"""The keywords of a schema that a file fails, reduced to those that matter.

When no branch of a union accepts a value, a validator reports errors for every branch. Only the errors of the intended
branch help. Its constants identify it: an object with ``"procedure_type": "Craniotomy"`` is meant as a craniotomy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from aind_lint.schema.archive import Schema


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


def keyword_failures(errors: Iterable[ValidationError], schema: Schema, data: Any) -> list[KeywordFailure]:
    """The failures behind the errors of a validator.

    Args:
        errors: The errors.
        schema: The schema of the validator.
        data: The content that it validated.
    """
    return list(chain.from_iterable(_failures_of(error, schema, data) for error in errors))


def _failures_of(error: ValidationError, schema: Schema, data: Any) -> Iterator[KeywordFailure]:
    path = tuple(error.instance_path)
    match error.kind:
        case Kind.AnyOf(context=branches) | Kind.OneOfNotValid(context=branches):
            yield from _union_failures(path, [keyword_failures(branch, schema, data) for branch in branches])
            return
        case Kind.Required(property=name):
            paths = [(*path, name)]
        case Kind.AdditionalProperties(unexpected=names):
            paths = [(*path, name) for name in names]
        case _:
            paths = [path]
    *parent, keyword = error.schema_path
    subschema = _value_at(schema, parent)
    if len(paths[0]) > len(path):
        allowed = tuple(subschema.get("properties", ()))
    else:
        allowed = _as_tuple(subschema.get("format", "string") if subschema[keyword] == "string" else subschema[keyword])
    for one in paths:
        yield KeywordFailure(
            one, error.kind.name, _value_at(data, one if keyword != "required" else path), allowed, subschema
        )


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
    allowed = dict.fromkeys(chain.from_iterable(failure.allowed for failure in failures))
    keyword = "type" if failures[0].keyword == "type" else "enum" if len(allowed) > 1 else failures[0].keyword
    return replace(failures[0], keyword=keyword, allowed=tuple(allowed))
