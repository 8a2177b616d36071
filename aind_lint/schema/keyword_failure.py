"""One place where a file breaks its schema, and which of many complaints name that place.

A validator complains about every branch of a union that no branch accepts. Only the branch that was meant is worth
telling, and it is told by its constants: an object with ``"procedure_type": "Craniotomy"`` was meant as a craniotomy.
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
    """One thing that a schema rejects.

    Attributes:
        path: Where: keys and indices, to the value or to the missing field.
        keyword: The keyword of JSON Schema that rejects it.
        value: The value; for a missing field the object that lacks it.
        wanted: What the keyword allows; of a type that is text with a format, the format.
        schema: The schema around the keyword, without what it refers to.
    """

    path: tuple[str | int, ...]
    keyword: str
    value: Any
    wanted: tuple[Any, ...]
    schema: Schema

    @property
    def is_constant(self) -> bool:
        """Whether only one value is allowed."""
        return self.keyword in ("const", "enum") and len(self.wanted) == 1


def keyword_failures(errors: Iterable[ValidationError], schema: Schema, data: Any) -> list[KeywordFailure]:
    """What the errors of a validator come down to.

    Args:
        errors: The errors.
        schema: The schema of the validator.
        data: What it judged.
    """
    return list(chain.from_iterable(_faults(error, schema, data) for error in errors))


def _faults(error: ValidationError, schema: Schema, data: Any) -> Iterator[KeywordFailure]:
    path = tuple(error.instance_path)
    match error.kind:
        case Kind.AnyOf(context=branches) | Kind.OneOfNotValid(context=branches):
            yield from _of_union(path, [keyword_failures(branch, schema, data) for branch in branches])
            return
        case Kind.Required(property=name):
            paths = [(*path, name)]
        case Kind.AdditionalProperties(unexpected=names):
            paths = [(*path, name) for name in names]
        case _:
            paths = [path]
    *around, keyword = error.schema_path
    inside = _at(schema, around)
    if len(paths[0]) > len(path):
        wanted = tuple(inside.get("properties", ()))
    else:
        wanted = _listed(inside.get("format", "string") if inside[keyword] == "string" else inside[keyword])
    for one in paths:
        yield KeywordFailure(one, error.kind.name, _at(data, one if keyword != "required" else path), wanted, inside)


def _at(value: Any, path: Iterable[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value


def _listed(wanted: Any) -> tuple[Any, ...]:
    return tuple(wanted) if isinstance(wanted, list) else (wanted,)


def _of_union(path: tuple[str | int, ...], branches: list[list[KeywordFailure]]) -> list[KeywordFailure]:
    """The faults of the branch that was meant, or one fault that says what all branches want."""
    best = min(branches, key=lambda branch: _distance(path, branch))
    of_other_type, mistagged, _ = _distance(path, best)
    if of_other_type:
        return [_merged([fault for fault in chain(*branches) if fault.path == path and fault.keyword == "type"])]
    if mistagged:
        tag = next(fault.path for fault in best if _is_tag(path, fault))
        return [_merged([fault for fault in chain(*branches) if fault.path == tag and fault.is_constant])]
    if all(fault.path == path and fault.keyword in ("const", "enum") for fault in best):
        same = [fault for fault in chain(*branches) if fault.path == path and fault.keyword in ("const", "enum")]
        return [_merged(same)]
    return best


def _distance(path: tuple[str | int, ...], branch: list[KeywordFailure]) -> tuple[bool, int, int]:
    """How far a value is from a branch: another type, another kind of object, so many faults."""
    of_other_type = any(fault.path == path and fault.keyword == "type" for fault in branch)
    return of_other_type, sum(_is_tag(path, fault) for fault in branch), len(branch)


def _is_tag(path: tuple[str | int, ...], fault: KeywordFailure) -> bool:
    return fault.is_constant and len(fault.path) == len(path) + 1 and fault.path[:-1] == path


def _merged(faults: list[KeywordFailure]) -> KeywordFailure:
    wanted = dict.fromkeys(chain.from_iterable(fault.wanted for fault in faults))
    keyword = "type" if faults[0].keyword == "type" else "enum" if len(wanted) > 1 else faults[0].keyword
    return replace(faults[0], keyword=keyword, wanted=tuple(wanted))
