"""The files of the archive: one compressed file per class and generation, and an index.

``aind_lint/schema/released_schemas.py`` describes the format, and reads single versions.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.version import Version

from aind_lint.schema.generation import GENERATIONS, Generation, generation_of

_INDEX, _RELEASES = "index.json", "releases.json"


@dataclass
class Archive:
    """All archived schemas.

    Attributes:
        releases: The releases of every package.
        index: The versions of every class, each with the last release that contains it.
        schemas: The lines of the schema of every class and version: the schema itself, then its definitions.
    """

    releases: dict[str, list[str]] = field(default_factory=dict)
    index: dict[str, dict[str, str]] = field(default_factory=dict)
    schemas: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of schemas."""
        return sum(map(len, self.schemas.values()))

    def changed_since(self, other: Archive) -> list[str]:
        """The classes and versions of ``other`` that have different content here, or do not exist here."""
        return [
            f"{cls} {version}"
            for cls, versions in other.schemas.items()
            for version, lines in versions.items()
            if self.schemas.get(cls, {}).get(version) != lines
        ]

    def shards(self) -> Iterator[tuple[str, dict[str, list[str]]]]:
        """The name and the schemas of every file, by version."""
        for cls, schemas in sorted(self.schemas.items()):
            for generation in GENERATIONS:
                of_generation = {v: lines for v, lines in schemas.items() if self._generation(cls, v) == generation}
                if of_generation:
                    yield f"{generation}/{cls}.json.xz", of_generation

    def _generation(self, cls: str, version: str) -> Generation:
        return generation_of(self.index[cls][version])


def schema_lines(schema: dict[str, Any]) -> list[str]:
    """The lines of a schema: the schema itself, then its definitions sorted by name."""
    definitions = schema.get("definitions", schema.get("$defs", {}))
    root = {key: value for key, value in schema.items() if key not in ("definitions", "$defs")}
    members = (f"{_compact(name)}:{_compact(definitions[name])}" for name in sorted(definitions))
    return [_compact(root), *members]


def read_archive(folder: Path) -> Archive:
    """Read the archive in a folder; it is empty if there is none."""
    if not (folder / _INDEX).exists():
        return Archive()
    releases = json.loads((folder / _RELEASES).read_text(encoding="utf-8"))
    index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    schemas: dict[str, dict[str, list[str]]] = {}
    for file in folder.glob("*/*.json.xz"):
        first, *lines = lzma.decompress(file.read_bytes()).decode().split("\n")
        versions = schemas.setdefault(file.name.removesuffix(".json.xz"), {})
        versions |= {v: [lines[number - 1] for number in numbers] for v, numbers in json.loads(first).items()}
    return Archive(releases, index, schemas)


def write_archive(folder: Path, archive: Archive) -> list[str]:
    """Write an archive. Files with the same content are not written again.

    Returns:
        The names of the files that were written.
    """
    written = []
    for name, schemas in archive.shards():
        file, text = folder / name, _shard(schemas)
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or lzma.decompress(file.read_bytes()).decode() != text:
            file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
            written.append(name)
    index = {cls: _sorted_versions(archive.index[cls]) for cls in sorted(archive.index)}
    releases = {package: sorted(archive.releases[package], key=Version) for package in sorted(archive.releases)}
    for name, content in ((_INDEX, index), (_RELEASES, releases)):
        file, text = folder / name, json.dumps(content, indent=1) + "\n"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8", newline="\n")
            written.append(name)
    return written


def _shard(schemas: dict[str, list[str]]) -> str:
    """The content of the file of one class."""
    lines: dict[str, int] = {}
    versions = {
        version: [lines.setdefault(line, len(lines) + 1) for line in texts]
        for version, texts in _sorted_versions(schemas).items()
    }
    return "\n".join([_compact(versions), *lines])


def _sorted_versions(versions: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(versions.items(), key=lambda item: Version(item[0])))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
