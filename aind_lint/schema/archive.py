"""The JSON Schema of every version of every class that was ever released.

``archive/index.json`` holds, for every class of aind-data-schema and biodata-schema on PyPI, each ``schema_version``
with the last release that carries it. ``archive/<Class>.json.xz`` holds the schemas of that release: successive
versions share nearly all definitions, so each distinct one stands there once. Its lines:

* the first: an object that says for every version which lines make it up, counted from 1 after the first;
* each other: ``[name, definition]``; the name of the schema itself is empty.

Only the lines of one version are parsed. ``scripts/archive`` makes all of this and says what it repairs.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from importlib import resources
from typing import Any

Schema = dict[str, Any]

#: What pydantic 1 writes; everything else is from pydantic 2.
DRAFT_7 = "http://json-schema.org/draft-07/schema#"

_FOLDER = resources.files("aind_lint.schema").joinpath("archive")
#: Classes that inherit from another and are written to the same file, until package 1.4.0.
SUBCLASSES = {
    "DataDescription": ("RawDataDescription", "DerivedDataDescription", "AnalysisDescription"),
    "OphysSession": ("FiberPhotometrySession", "TwoPhotonOphysSession"),
}


@cache
def known_versions() -> dict[str, dict[str, str]]:
    """For every class its versions, oldest first, each with the last release that carries it."""
    versions: dict[str, dict[str, str]] = json.loads(_FOLDER.joinpath("index.json").read_text(encoding="utf-8"))
    return versions


def is_archived(cls: str, version: str) -> bool:
    """Whether there is a schema for that version of a class; there is none for the record of all files."""
    return version in known_versions().get(cls, {}) and _FOLDER.joinpath(f"{cls}.json.xz").is_file()


def classes_of(cls: str, version: str) -> list[str]:
    """The classes that a file of class ``cls`` may follow: the class itself and those that inherit from it."""
    return [cls, *(one for one in SUBCLASSES.get(cls, ()) if version in known_versions()[one])]


def schema_of(cls: str, version: str) -> Schema:
    """The JSON Schema of one version of a class.

    Raises:
        LookupError: It is not in the archive.
    """
    if not is_archived(cls, version):
        raise LookupError(f"{cls} {version}")
    lines = _lines(cls)
    parts = [json.loads(lines[number]) for number in json.loads(lines[0])[version]]
    ((_, schema), *definitions) = parts
    if definitions:
        schema["definitions" if schema["$schema"] == DRAFT_7 else "$defs"] = dict(definitions)
    return dict(schema)


@cache
def _lines(cls: str) -> list[str]:
    return lzma.decompress(_FOLDER.joinpath(f"{cls}.json.xz").read_bytes()).decode().split("\n")
