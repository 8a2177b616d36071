"""The JSON Schema of every version of every class that was ever released.

``archive/index.json`` holds, for every class of aind-data-schema and biodata-schema on PyPI, each ``schema_version``
with the last release that carries it. ``archive/<generation>/<Class>.json.xz`` holds the schemas of those releases:
successive versions share nearly all definitions, so each distinct one stands there once. Its lines:

* the first: an object that says for every version which lines make it up, counted from 1 after the first;
* each other: a definition as a member of a JSON object, ``"Name":{…}``, or a schema without its definitions, ``{…}``.

The text of a schema is put together from its lines without being parsed. ``scripts/archive`` makes all of this and
says what it repairs.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from aind_lint.schema.generation import Generation, generation_of

if TYPE_CHECKING:
    from importlib.abc import Traversable

Schema = dict[str, Any]

#: What pydantic 1 writes; everything else is from pydantic 2.
DRAFT_7 = "http://json-schema.org/draft-07/schema#"

_FOLDER = resources.files("aind_lint.schema").joinpath("archive")
#: Classes that inherit from another and are written to the same file, until package 1.4.0.
SUBCLASSES = {
    "DataDescription": ("RawDataDescription", "DerivedDataDescription", "AnalysisDescription"),
    "OphysSession": ("FiberPhotometrySession", "Stack", "TwoPhotonOphysSession"),
}


@cache
def known_versions() -> dict[str, dict[str, str]]:
    """For every class its versions, oldest first, each with the last release that carries it."""
    versions: dict[str, dict[str, str]] = json.loads(_FOLDER.joinpath("index.json").read_text(encoding="utf-8"))
    return versions


def is_archived(cls: str, version: str) -> bool:
    """Whether there is a schema for that version of a class; there is none for the record of all files."""
    release = known_versions().get(cls, {}).get(version)
    return release is not None and _shard(cls, generation_of(release)).is_file()


def candidate_classes(cls: str, version: str) -> list[str]:
    """The classes that a file of class ``cls`` may follow: the class itself and those that inherit from it."""
    return [cls, *(one for one in SUBCLASSES.get(cls, ()) if version in known_versions()[one])]


def load_schema_text(cls: str, version: str) -> str:
    """The JSON Schema of one version of a class, as text.

    Raises:
        LookupError: It is not in the archive.
    """
    if not is_archived(cls, version):
        raise LookupError(f"{cls} {version}")
    lines = _lines(cls, generation_of(known_versions()[cls][version]))
    schema, *definitions = (lines[number] for number in json.loads(lines[0])[version])
    keyword = "definitions" if DRAFT_7 in schema else "$defs"
    return f'{schema[:-1]},"{keyword}":{{{",".join(definitions)}}}}}'


def load_schema(cls: str, version: str) -> Schema:
    """The JSON Schema of one version of a class.

    Raises:
        LookupError: It is not in the archive.
    """
    schema: Schema = json.loads(load_schema_text(cls, version))
    return schema


@cache
def _lines(cls: str, generation: Generation) -> list[str]:
    return lzma.decompress(_shard(cls, generation).read_bytes()).decode().split("\n")


def _shard(cls: str, generation: Generation) -> Traversable:
    return _FOLDER.joinpath(generation).joinpath(f"{cls}.json.xz")
