"""Repairing exported schemas: valid JSON Schema, with only the keywords that validation and messages need.

Each repair is for schemas that were released:

* Keywords and values that JSON Schema does not allow are removed. 36 schemas have ``"type": "Stain type"`` or a tuple
  as description.
* ``describedBy`` and ``schema_version`` can be any text. ``describedBy`` is the URL of the source code, which has
  moved; rule SCH105 checks its class. ``schema_version`` selects the schema.
* Paths are exported with the format of a URI, although pydantic accepts any text. Only formats that pydantic validates
  are kept.
* The tag of a tagged union is required: ``discriminator`` is not a keyword of JSON Schema, but pydantic uses only the
  tag.
* A pattern of pydantic 1 is anchored at the start of the text (``re.match``), one of JSON Schema is not.

A union that is used several times, such as that of all manufacturers, becomes a definition, so that it is compiled
once. Missing nulls are repaired in ``export_release.py``, because they are lost in the export.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from aind_lint.schema.released_schemas import DRAFT_7, Schema
from aind_lint.schema.violation import FORMATS

#: The dialect of pydantic 2.
_DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"

_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}
_SUBSCHEMA = {"additionalItems", "additionalProperties", "contains", "if", "items", "not", "propertyNames", "then"}
_LIST = {"allOf", "anyOf", "items", "oneOf", "prefixItems"}
_MAP = {"definitions", "$defs", "patternProperties", "properties"}
_COPIED = {
    "$comment", "$ref", "const", "discriminator", "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems",
    "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
    "required", "uniqueItems",
}  # fmt: skip
_ANY_TEXT = ("describedBy", "schema_version")
#: Characters of the longest description, which becomes part of a message.
_MAX_DESCRIPTION = 80


def repair_schema(exported: Schema, pydantic: int) -> Schema:
    """Repair an exported schema for the archive.

    Args:
        exported: The schema of a class, as pydantic exports it.
        pydantic: The major version of pydantic, 1 or 2.
    """
    schema: Schema = _repair(exported, pydantic)
    schema.pop("description", None)
    for definition in schema.get("definitions", schema.get("$defs", {})).values():
        definition.pop("description", None)
    for field in _ANY_TEXT:
        if field in schema["properties"]:
            schema["properties"][field] = {"type": "string"}
    return {"$schema": DRAFT_7 if pydantic == 1 else _DRAFT_2020, **_share_unions(schema)}


def _share_unions(schema: Schema) -> Schema:
    """The schema with a definition for every tagged union that occurs more than once."""
    uses = Counter(_text(union) for union in _unions(schema))
    keyword = "definitions" if "definitions" in schema else "$defs"
    shared: Schema = {}

    def share(value: Any) -> Any:
        if isinstance(value, list):
            return [share(item) for item in value]
        if not isinstance(value, dict):
            return value
        if _is_union(value) and uses[text := _text(value)] > 1:
            name = f"union-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
            shared[name] = value
            return {"$ref": f"#/{keyword}/{name}"}
        return {key: share(item) for key, item in value.items()}

    rewritten: Schema = share(schema)
    return {**rewritten, keyword: rewritten[keyword] | shared} if shared else rewritten


def _unions(value: Any) -> Iterator[Schema]:
    if isinstance(value, dict):
        if _is_union(value):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _unions(item)


def _is_union(schema: Schema) -> bool:
    return isinstance(schema.get("discriminator"), dict) and isinstance(schema.get("oneOf"), list)


def _text(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)


def _repair(exported: Any, pydantic: int) -> Any:
    if isinstance(exported, bool):
        return exported
    result: Schema = {}
    for keyword, value in exported.items():
        if keyword in _MAP:
            result[keyword] = {name: _repair(item, pydantic) for name, item in value.items()}
        elif keyword in _LIST and isinstance(value, list):
            result[keyword] = [_repair(item, pydantic) for item in value]
        elif keyword in _SUBSCHEMA:
            result[keyword] = _repair(value, pydantic)
        elif (
            keyword in _COPIED or (keyword == "type" and value in _TYPES) or (keyword == "format" and value in FORMATS)
        ):
            result[keyword] = value
        elif keyword == "pattern":
            result[keyword] = f"^(?:{value})" if pydantic == 1 and not value.startswith("^") else value
        elif keyword == "description" and isinstance(value, str):
            result[keyword] = _shortened(value)
    discriminator = result.get("discriminator")
    if isinstance(discriminator, dict) and "mapping" in discriminator:
        result |= {"type": "object", "required": [discriminator["propertyName"]]}
    # Older schemas use an allOf with one item to add a description to a reference.
    if result.keys() - {"description"} == {"allOf"} and len(result["allOf"]) == 1:
        result |= result.pop("allOf")[0]
    return result


def _shortened(text: str) -> str:
    words = " ".join(text.split()).rstrip(".")
    return words if len(words) <= _MAX_DESCRIPTION else f"{words[: _MAX_DESCRIPTION - 1]}…"
