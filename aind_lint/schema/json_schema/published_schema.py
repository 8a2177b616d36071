"""JSON Schemas of sidecars, from the archive of schemas, for editors and other programs.

Each is one document without references to others, so an editor needs no network.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aind_lint.errors import UsageError
from aind_lint.schema.generation import generation_of, package_of
from aind_lint.schema.json_schema.tagged_union import follow_discriminators
from aind_lint.schema.released_schemas import (
    SUBCLASSES,
    Schema,
    candidate_classes,
    is_archived,
    known_versions,
    load_schema,
)
from aind_lint.schema.versions import class_of, sidecar_kinds_by_class
from aind_lint.text.suggestions import closest

_DIALECT = "http://json-schema.org/draft-07/schema#"


def sidecar_schema(word: str, version: str | None = None) -> Schema:
    """The JSON Schema of one version of a sidecar.

    Args:
        word: A kind of sidecar, such as ``subject``, or a class, such as ``EphysRig``.
        version: The ``schema_version``; the newest of the kind or class by default.

    Raises:
        UsageError: There is no such kind or version, or several classes of the kind have this version.
    """
    cls = sidecar_class(word, version)
    version = version or _newest(cls)
    release = known_versions()[cls][version]
    classes = candidate_classes(cls, version) if word != cls or cls == "DataDescription" else [cls]
    title = f"{cls} {version}, {package_of(release)} {release}"
    if len(classes) == 1:
        return {**_with_version(load_schema(cls, version), version), "title": title}
    # Up to release 1.4.0 a data_description.json contains one of four classes.
    return {
        "$schema": _DIALECT,
        "title": title,
        "anyOf": [{"$ref": f"#/definitions/{one}"} for one in classes],
        "definitions": {one: _embedded(_with_version(load_schema(one, version), version), one) for one in classes},
    }


def kind_schema(kind: str, declared: Iterable[tuple[str, str]]) -> Schema:
    """The JSON Schema of a kind of sidecar, which selects the schema of the version that a file declares.

    Args:
        kind: The kind, such as ``subject``.
        declared: Classes and versions to include, besides the newest that aind-data-schema writes.
    """
    main = class_of(None, kind)
    by_version: dict[str, list[str]] = {}
    for cls, version in (*declared, (main, _newest_to_write(main))):
        if is_archived(cls, version):
            classes = by_version.setdefault(version, [])
            classes += [one for one in candidate_classes(cls, version) if one not in classes]
    definitions = {
        f"{cls}-{version}": follow_discriminators(load_schema(cls, version))
        for version, classes in by_version.items()
        for cls in classes
    }
    return {
        "$schema": _DIALECT,
        "title": f"{kind}.json",
        "type": "object",
        # Values to complete; another version is no error here, because the schema may be older than the file.
        "properties": {"schema_version": {"anyOf": [{"enum": list(by_version)}, {"type": "string"}]}},
        "required": ["schema_version"],
        "allOf": [
            {
                "if": {"properties": {"schema_version": {"const": version}}, "required": ["schema_version"]},
                "then": _any_of([{"$ref": f"#/definitions/{cls}-{version}"} for cls in classes]),
            }
            for version, classes in by_version.items()
        ],
        "definitions": {name: _embedded(schema, name) for name, schema in definitions.items()},
    }


def sidecar_class(word: str, version: str | None) -> str:
    """The class that a kind of sidecar has in a version; by default its class today.

    Raises:
        UsageError: There is no such kind or version, or several classes of the kind have this version.
    """
    kinds = sidecar_kinds_by_class()
    if word in kinds:
        classes = [word]
    else:
        subclasses = {one for ones in SUBCLASSES.values() for one in ones}
        classes = [cls for cls, kind in kinds.items() if kind == word and cls not in subclasses]
    classes = [cls for cls in classes if is_archived(cls, _newest(cls))]
    if not classes:
        raise UsageError(no_such_kind(word))
    if version is None:
        return word if word in kinds else class_of(None, word)
    found = [cls for cls in classes if is_archived(cls, version)]
    if len(found) > 1:
        raise UsageError(f"{' and '.join(found)} have a version {version}; write the class instead of {word}")
    if not found:
        known = {one for cls in classes for one in known_versions()[cls]}
        similar = closest(version, known)
        hint = f"the closest version is {similar}" if similar else f"'aind-lint schemas --kind {word}' lists all"
        raise UsageError(f"{word} {version} was never released; {hint}")
    return found[0]


def no_such_kind(word: str) -> str:
    """The message that there is no such kind of sidecar or class."""
    kinds = sidecar_kinds_by_class().items()
    similar = closest(word, {one for cls, kind in kinds if is_archived(cls, _newest(cls)) for one in (cls, kind)})
    hint = f"did you mean '{similar}'?" if similar else "'aind-lint schemas' lists all"
    return f"there is no kind of sidecar and no class '{word}'; {hint}"


def _newest(cls: str) -> str:
    return list(known_versions()[cls])[-1]


def _newest_to_write(cls: str) -> str:
    """The newest version of a class in aind-data-schema, whose models are installed; 3.x is biodata-schema."""
    return [version for version, release in known_versions()[cls].items() if generation_of(release) != "3.x"][-1]


def _any_of(schemas: list[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _with_version(schema: Schema, version: str) -> Schema:
    """The schema for files that declare this version."""
    properties = {**schema["properties"], "schema_version": {"const": version}}
    return {**schema, "properties": properties}


def _embedded(schema: Any, name: str) -> Any:
    """A schema as the definition ``name`` of another: references start at the root of the document."""
    if isinstance(schema, list):
        return [_embedded(item, name) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"#/definitions/{name}{value[1:]}"
        if key == "$ref" and isinstance(value, str) and value.startswith("#/")
        else _embedded(value, name)
        for key, value in schema.items()
        if key != "$schema"
    }
