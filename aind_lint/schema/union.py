"""Unions whose branches are told apart by a tag, rewritten so that only the branch that is meant is judged.

pydantic exports a tagged union as ``oneOf`` with a ``discriminator``, which JSON Schema does not know: a file that
lacks the tag passes, and a fault in one branch is reported as a fault in each of forty. pydantic itself requires the
tag and looks at its branch alone.
"""

from __future__ import annotations

from typing import Any

from aind_lint.schema.archive import Schema


def with_tags_required(schema: Any) -> Any:
    """A copy in which tagged unions require their tag: enough for a yes or a no, and quick to compile."""
    return _rewritten(schema, _tag_required)


def with_tags_followed(schema: Any) -> Any:
    """A copy in which tagged unions lead to the branch of the tag: it accepts the same, and its faults have a place."""
    return _rewritten(schema, _tag_followed)


def _rewritten(schema: Any, rewrite: Any) -> Any:
    if isinstance(schema, list):
        return [_rewritten(item, rewrite) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: _rewritten(value, rewrite) for key, value in schema.items()}
    tagged = copy.get("discriminator")
    # A property may have the name of a keyword.
    if isinstance(tagged, dict) and "propertyName" in tagged and isinstance(tagged.get("mapping"), dict):
        rewritten: Schema = rewrite(copy, tagged["propertyName"], tagged["mapping"])
        return rewritten
    return copy


def _tag_required(schema: Schema, tag: str, mapping: dict[str, str]) -> Schema:
    rest = {key: value for key, value in schema.items() if key != "discriminator"}
    return {**rest, "type": "object", "required": [tag]}


def _tag_followed(schema: Schema, tag: str, mapping: dict[str, str]) -> Schema:
    rest = {key: value for key, value in schema.items() if key not in ("discriminator", "oneOf")}
    choices = [
        {"if": {"properties": {tag: {"const": name}}, "required": [tag]}, "then": {"$ref": reference}}
        for name, reference in mapping.items()
    ]
    tagged = {"type": "object", "required": [tag], "properties": {tag: {"enum": list(mapping)}}}
    return {**rest, **tagged, "allOf": choices}
