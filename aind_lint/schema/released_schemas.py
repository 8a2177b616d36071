"""The archive of schemas: the JSON Schema of every released version of every class.

``archive/index.json`` lists every ``schema_version`` of every class of aind-data-schema and biodata-schema on PyPI,
with the last release that contains it. ``archive/<generation>/<Class>.json.xz`` contains the schemas of those releases.
Successive versions share nearly all definitions, so every distinct definition is stored once. Lines of a file:

* the first: an object that lists for every version the numbers of its lines, counted from 1 after the first;
* the others: a definition as a member of a JSON object, ``"Name":{…}``, or a schema without its definitions, ``{…}``.

The text of a schema is assembled from its lines without parsing them. ``scripts/archive`` creates the archive; its
README lists the repairs. Why there is an archive: docs/decisions/0004-exact-version-archive.md.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

from aind_lint.schema.generation import Generation, generation_of

Schema = dict[str, Any]

#: The dialect of schemas that pydantic 1 exported. All others were exported by pydantic 2.
DRAFT_7 = "http://json-schema.org/draft-07/schema#"

_FOLDER = Path(__file__).parent / "archive"
#: Subclasses whose instances are in the same file as those of the class. Source: aind-data-schema up to 1.4.0.
SUBCLASSES = {
    "DataDescription": ("RawDataDescription", "DerivedDataDescription", "AnalysisDescription"),
    "OphysSession": ("FiberPhotometrySession", "Stack", "TwoPhotonOphysSession"),
}


@cache
def known_versions() -> dict[str, dict[str, str]]:
    """The versions of every class, oldest first, each with the last release that contains it."""
    versions: dict[str, dict[str, str]] = json.loads(_FOLDER.joinpath("index.json").read_text(encoding="utf-8"))
    return versions


def is_archived(cls: str, version: str) -> bool:
    """Whether the archive has a schema for this version of a class. It has none for ``metadata.nd.json``."""
    release = known_versions().get(cls, {}).get(version)
    return release is not None and _shard(cls, generation_of(release)).is_file()


def candidate_classes(cls: str, version: str) -> list[str]:
    """The classes whose schema a file of class ``cls`` may satisfy: the class itself and its subclasses."""
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


def _shard(cls: str, generation: Generation) -> Path:
    return _FOLDER.joinpath(generation).joinpath(f"{cls}.json.xz")
