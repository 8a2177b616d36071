"""Whether the schema of a sidecar's own version names null for a field, so that NaN there means "no value"."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from aind_lint.schema.json_schema.sidecar_validator import validate_version
from aind_lint.schema.released_schemas import Schema, candidate_classes, load_schema
from aind_lint.schema.versions import declaration
from aind_lint.sidecar.reader import Sidecar
from aind_lint.text.json_position import join_pointer

Path = tuple[str | int, ...]


def nullable(sidecar: Sidecar, paths: list[Path]) -> list[Path]:
    """The paths, of values that are NaN, for which the schema names null and accepts it where it stands.

    A schema that accepts every value, such as that of free parameters, does not name null. None
    if the sidecar declares no version with a known schema.
    """
    declared = declaration(sidecar)
    if sidecar.data is None or declared.version is None or declared.release is None:
        return []
    schemas = [load_schema(cls, declared.version) for cls in candidate_classes(declared.cls, declared.version)]
    named = [path for path in paths if any(_names_null(schema, path) for schema in schemas)]
    if not named:
        return []
    data = copy.deepcopy(sidecar.data)
    for path in named:
        _set(data, path, None)
    errors = [error.pointer for error in validate_version(declared.cls, declared.version, data).errors]
    return [path for path in named if not any(_concerns(error, join_pointer(path)) for error in errors)]


def _concerns(error: str, pointer: str) -> bool:
    """Whether an error is at a value, or at one that contains it: then a branch of a union does not accept null."""
    return f"{pointer}/".startswith(f"{error}/") and error != ""


def _set(data: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


def _names_null(root: Schema, path: Path) -> bool:
    """Whether one of the schemas at a path has the type null."""
    schemas = [root]
    for part in path:
        schemas = [inner for schema in schemas for branch in _branches(root, schema) for inner in _inner(branch, part)]
    return any(
        branch.get("type") == "null" or (isinstance(branch.get("type"), list) and "null" in branch["type"])
        for schema in schemas
        for branch in _branches(root, schema)
    )


def _branches(root: Schema, schema: Any, depth: int = 0) -> Iterator[Schema]:
    """A schema without references, and the branches of its unions."""
    if not isinstance(schema, dict) or depth > 20:
        return
    if isinstance(reference := schema.get("$ref"), str):
        target: Any = root
        for part in reference.removeprefix("#/").split("/"):
            target = target.get(part, {})
        yield from _branches(root, target, depth + 1)
    yield schema
    for keyword in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(keyword, ()):
            yield from _branches(root, branch, depth + 1)


def _inner(schema: Schema, part: str | int) -> Iterator[Any]:
    """The schemas of a member or an item."""
    if isinstance(part, int):
        yield schema.get("items")
    elif part in schema.get("properties", {}):
        yield schema["properties"][part]
    else:
        yield schema.get("additionalProperties")
