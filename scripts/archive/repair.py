"""From what pydantic exports to what the archive keeps: valid JSON Schema, only what a verdict or a message needs.

Repairs, each for schemas that were really released:

* Keywords that JSON Schema does not have are left out, and so are values that it does not allow: 36 pairs have
  ``"type": "Stain type"`` or a tuple as description, written into the field by hand.
* ``describedBy`` may be any text: it holds the address of the source, which has moved. Whether it names the right
  class is a rule of its own. ``schema_version`` may be any text too: the schema is chosen by it.
* Paths are exported with the format of an address, although pydantic reads any text; only the formats that it judges
  are kept.
* A tagged union needs its tag: ``discriminator`` is no keyword of JSON Schema, but pydantic looks at nothing else.
* A pattern of pydantic 1 begins at the beginning of the text (``re.match``), one of JSON Schema anywhere.

A union that is used many times, such as that of all manufacturers, becomes a definition, so that it is compiled once.
Nulls are repaired in ``export.py``, because the export has lost them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from aind_lint.schema.archive import DRAFT_7, Schema
from aind_lint.schema.violation import FORMATS

#: The dialect that pydantic 2 writes.
_DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"

_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}
_SUBSCHEMA = {"additionalItems", "additionalProperties", "contains", "if", "items", "not", "propertyNames", "then"}
_LIST = {"allOf", "anyOf", "items", "oneOf", "prefixItems"}
_MAP = {"definitions", "$defs", "patternProperties", "properties"}
_PLAIN = {
    "$comment", "$ref", "const", "discriminator", "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems",
    "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
    "required", "uniqueItems",
}  # fmt: skip
_ANY_TEXT = ("describedBy", "schema_version")
#: Length of a description; a message has no room for more.
_DESCRIBED = 80


def repaired(exported: Schema, pydantic: int) -> Schema:
    """An exported schema as the archive keeps it.

    Args:
        exported: What pydantic exports for a class.
        pydantic: Which pydantic, 1 or 2.
    """
    schema: Schema = _schema(exported, pydantic)
    schema.pop("description", None)
    for definition in schema.get("definitions", schema.get("$defs", {})).values():
        definition.pop("description", None)
    for field in _ANY_TEXT:
        if field in schema["properties"]:
            schema["properties"][field] = {"type": "string"}
    return {"$schema": DRAFT_7 if pydantic == 1 else _DRAFT_2020, **_with_unions_shared(schema)}


def _with_unions_shared(schema: Schema) -> Schema:
    """The schema with every tagged union that occurs more than once as a definition of its own."""
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


def _schema(exported: Any, pydantic: int) -> Any:
    if isinstance(exported, bool):
        return exported
    kept: Schema = {}
    for keyword, value in exported.items():
        if keyword in _MAP:
            kept[keyword] = {name: _schema(item, pydantic) for name, item in value.items()}
        elif keyword in _LIST and isinstance(value, list):
            kept[keyword] = [_schema(item, pydantic) for item in value]
        elif keyword in _SUBSCHEMA:
            kept[keyword] = _schema(value, pydantic)
        elif keyword in _PLAIN or (keyword == "type" and value in _TYPES) or (keyword == "format" and value in FORMATS):
            kept[keyword] = value
        elif keyword == "pattern":
            kept[keyword] = f"^(?:{value})" if pydantic == 1 and not value.startswith("^") else value
        elif keyword == "description" and isinstance(value, str):
            kept[keyword] = _shortened(value)
    tagged = kept.get("discriminator")
    if isinstance(tagged, dict) and "mapping" in tagged:
        kept |= {"type": "object", "required": [tagged["propertyName"]]}
    # An only allOf is how a reference got a description beside it.
    if kept.keys() - {"description"} == {"allOf"} and len(kept["allOf"]) == 1:
        kept |= kept.pop("allOf")[0]
    return kept


def _shortened(text: str) -> str:
    words = " ".join(text.split()).rstrip(".")
    return words if len(words) <= _DESCRIBED else f"{words[: _DESCRIBED - 1]}…"
