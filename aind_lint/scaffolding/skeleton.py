"""A sidecar with known values, completed by its schema: constants are filled in, missing required fields are listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aind_lint.schema.released_schemas import Schema, load_schema
from aind_lint.text.json_position import join_pointer

#: Allowed values that a list of blanks shows.
_MAX_VALUES = 12


@dataclass(frozen=True)
class Blank:
    """Something that only a person knows, and that is left out.

    Attributes:
        file: The file in the asset; None for the asset itself.
        pointer: JSON pointer of the field; None if the file itself is missing.
        meaning: What belongs there, in a few words.
    """

    file: str | None
    pointer: str | None
    meaning: str

    def __str__(self) -> str:
        where = "#".join(part for part in (self.file, self.pointer) if part)
        return f"{where}: {self.meaning}" if where else self.meaning


class Skeleton:
    """The schema of one version of a class, as far as new files need it."""

    def __init__(self, cls: str, version: str) -> None:
        """Load the schema.

        Raises:
            LookupError: The archive has no such version.
        """
        self._schema = load_schema(cls, version)
        self.fields: Schema = self._schema["properties"]

    def fill(self, file: str, known: dict[str, Any]) -> tuple[dict[str, Any], list[Blank]]:
        """The content of a sidecar, and the required fields that are left out.

        Args:
            file: The file, for the blanks.
            known: The values that are known. Objects in them are completed, too.
        """
        blanks: list[Blank] = []
        data = self._complete(self._schema, known, file, (), blanks)
        return data, blanks

    def accepts(self, field: str, value: object) -> bool:
        """Whether a field exists and may have a value, as far as its constants show."""
        if field not in self.fields:
            return False
        allowed = self._allowed(self._resolve(self.fields[field]))
        return not allowed or value in allowed

    def format_of(self, field: str) -> str | None:
        """The format of a field, such as ``date-time``."""
        node = self._resolve(self.fields.get(field, {}))
        return node.get("format")

    def tags_of(self, field: str) -> list[str]:
        """The tags of the objects that a field may contain, such as the abbreviations of modalities."""
        return list(self._tags(self._resolve(self.fields[field])))

    def _complete(self, node: Schema, known: Any, file: str, path: tuple[str | int, ...], blanks: list[Blank]) -> Any:
        is_tagged = isinstance(known, dict) and "discriminator" in self._resolve(node)
        node = self._resolve(node, known)
        if isinstance(known, list) and "items" in node:
            return [
                self._complete(node["items"], item, file, (*path, index), blanks) for index, item in enumerate(known)
            ]
        if not isinstance(known, dict) or "properties" not in node:
            return known
        properties, required = node["properties"], node.get("required", [])
        constants = {
            name: allowed[0]
            for name, child in properties.items()
            if (name == "object_type" or name in required or is_tagged)
            and name not in known
            and len(allowed := self._allowed(self._resolve(child))) == 1
        }
        result = {**constants, **known}
        for name in required:
            if name not in result:
                blanks.append(Blank(file, join_pointer((*path, name)), self._meaning(properties.get(name, {}))))
        return {
            name: self._complete(properties[name], value, file, (*path, name), blanks) if name in properties else value
            for name, value in result.items()
        }

    def _resolve(self, node: Schema, known: Any = None) -> Schema:
        """The schema behind references, of the branch for which a known value has the tag or the type."""
        while True:
            if "$ref" in node:
                definition: Any = self._schema
                for part in node["$ref"].split("/")[1:]:
                    definition = definition[part]
                node = definition
                continue
            tag = node.get("discriminator", {}).get("propertyName")
            if tag and isinstance(known, dict) and known.get(tag) in node["discriminator"]["mapping"]:
                node = {"$ref": node["discriminator"]["mapping"][known[tag]]}
                continue
            alternatives: list[Schema] = node.get("anyOf") or node.get("allOf") or []
            branches = [one for one in alternatives if one.get("type") != "null"]
            if len(branches) != 1 or "properties" in node:
                return node
            node = branches[0]

    def _allowed(self, node: Schema) -> list[Any]:
        return [node["const"]] if "const" in node else list(node.get("enum", []))

    def _meaning(self, node: Schema) -> str:
        resolved = self._resolve(node)
        description = node.get("description") or resolved.get("description")
        if allowed := self._allowed(resolved) or list(self._tags(resolved)):
            shown = ", ".join(map(str, allowed[:_MAX_VALUES]))
            more = len(allowed) - _MAX_VALUES
            several = "a list of: " if resolved.get("type") == "array" else "one of "
            return f"{several}{shown}{f' and {more} more' if more > 0 else ''}"
        kind = resolved.get("format") or resolved.get("type") or "value"
        what = {"string": "text", "object": "an object", "array": "a list"}.get(kind, kind)
        return f"{what} ({description})" if description else str(what)

    def _tags(self, node: Schema) -> Iterator[str]:
        tags: dict[str, str] = node.get("discriminator", {}).get("mapping", {})
        yield from tags
        if isinstance(items := node.get("items"), dict):
            yield from self._tags(self._resolve(items))
