"""Writing the archive: the schemas of each class in one compressed file, and the index of all.

``aind_lint/schema/archive.py`` describes the format and reads it.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

from packaging.version import Version

#: For every class its versions, each with the last release that carries it.
Index = dict[str, dict[str, str]]


def shard(schemas: dict[str, dict[str, Any]]) -> str:
    """The text of one shard.

    Args:
        schemas: The schemas of one class by version, oldest first.
    """
    lines: dict[str, int] = {}
    versions = {}
    for version, schema in schemas.items():
        definitions = schema.get("definitions", schema.get("$defs", {}))
        root = {key: value for key, value in schema.items() if key not in ("definitions", "$defs")}
        parts = [["", root], *([name, definitions[name]] for name in sorted(definitions))]
        versions[version] = [lines.setdefault(_compact(part), len(lines) + 1) for part in parts]
    return "\n".join([_compact(versions), *lines])


def write(folder: Path, index: Index, shards: dict[str, str]) -> list[str]:
    """Write an archive; files that hold the same already stay as they are, byte for byte.

    Returns:
        The files that were written.
    """
    folder.mkdir(exist_ok=True)
    written = []
    for cls, text in shards.items():
        file = _file(folder, cls)
        if _read(file) != text:
            file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
            written.append(file.name)
    listed = folder / "index.json"
    ordered = {cls: dict(sorted(index[cls].items(), key=lambda item: Version(item[0]))) for cls in sorted(index)}
    text = json.dumps(ordered, indent=1) + "\n"
    if not listed.exists() or listed.read_text(encoding="utf-8") != text:
        listed.write_text(text, encoding="utf-8")
        written.append(listed.name)
    return written


def changed(folder: Path, shards: dict[str, str]) -> list[str]:
    """The pairs of class and version that the folder holds with another content, or that ``shards`` lack."""
    found = []
    for cls, text in shards.items():
        old, new = _versions(_read(_file(folder, cls))), _versions(text)
        found += [f"{cls} {version}" for version in old if old[version] != new.get(version)]
    return found


def _versions(text: str) -> dict[str, list[str]]:
    """The lines that make up each version."""
    first, *lines = text.split("\n")
    return {version: [lines[number - 1] for number in numbers] for version, numbers in json.loads(first).items()}


def _read(file: Path) -> str:
    return lzma.decompress(file.read_bytes()).decode() if file.exists() else "{}"


def _file(folder: Path, cls: str) -> Path:
    return folder / f"{cls}.json.xz"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
