"""The archive as it is stored: the schemas of each class in one compressed file, and what there is in an index.

``aind_lint/schema/archive.py`` describes the format and reads single versions of it.
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
    """Every schema that is known.

    Attributes:
        releases: For every package its releases.
        index: For every class its versions, each with the last release that carries it.
        schemas: For every class and version the parts of the schema, each a line of text: itself, then definitions.
    """

    releases: dict[str, list[str]] = field(default_factory=dict)
    index: dict[str, dict[str, str]] = field(default_factory=dict)
    schemas: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many schemas there are."""
        return sum(map(len, self.schemas.values()))

    def changed_since(self, other: Archive) -> list[str]:
        """The pairs of class and version that ``other`` holds with another content, or that are gone."""
        return [
            f"{cls} {version}"
            for cls, versions in other.schemas.items()
            for version, lines in versions.items()
            if self.schemas.get(cls, {}).get(version) != lines
        ]

    def shards(self) -> Iterator[tuple[str, dict[str, list[str]]]]:
        """For every file, named from the folder of the archive, the schemas it holds by version."""
        for cls, schemas in sorted(self.schemas.items()):
            for generation in GENERATIONS:
                of_generation = {v: lines for v, lines in schemas.items() if self._generation(cls, v) == generation}
                if of_generation:
                    yield f"{generation}/{cls}.json.xz", of_generation

    def _generation(self, cls: str, version: str) -> Generation:
        return generation_of(self.index[cls][version])


def parts(schema: dict[str, Any]) -> list[str]:
    """The lines that make up a schema: the schema itself, then its definitions in the order of their names."""
    definitions = schema.get("definitions", schema.get("$defs", {}))
    root = {key: value for key, value in schema.items() if key not in ("definitions", "$defs")}
    members = (f"{_compact(name)}:{_compact(definitions[name])}" for name in sorted(definitions))
    return [_compact(root), *members]


def held(folder: Path) -> Archive:
    """The archive in a folder; empty when there is none."""
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


def write(folder: Path, archive: Archive) -> list[str]:
    """Write an archive; files that hold the same already stay as they are, byte for byte.

    Returns:
        The files that were written.
    """
    written = []
    for name, schemas in archive.shards():
        file, text = folder / name, _shard(schemas)
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or lzma.decompress(file.read_bytes()).decode() != text:
            file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
            written.append(name)
    index = {cls: _in_order(archive.index[cls]) for cls in sorted(archive.index)}
    releases = {package: sorted(archive.releases[package], key=Version) for package in sorted(archive.releases)}
    for name, content in ((_INDEX, index), (_RELEASES, releases)):
        file, text = folder / name, json.dumps(content, indent=1) + "\n"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8", newline="\n")
            written.append(name)
    return written


def _shard(schemas: dict[str, list[str]]) -> str:
    """The text of the file of one class."""
    lines: dict[str, int] = {}
    versions = {
        version: [lines.setdefault(part, len(lines) + 1) for part in parts]
        for version, parts in _in_order(schemas).items()
    }
    return "\n".join([_compact(versions), *lines])


def _in_order(versions: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(versions.items(), key=lambda item: Version(item[0])))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
