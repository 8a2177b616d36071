"""Unions whose branches are told apart by a tag, rewritten so that only the branch that is meant is judged.

pydantic exports a tagged union as ``oneOf`` with a ``discriminator``, which JSON Schema does not know. The archive
adds that the tag is needed, which is enough for a yes or a no and quick to compile; but a fault in one branch is then
reported as a fault in each of forty.
"""

from __future__ import annotations

from typing import Any

from aind_lint.schema.archive import Schema


def follow_discriminators(schema: Any) -> Any:
    """A copy in which tagged unions lead to the branch of the tag: it accepts the same, and its faults have a place."""
    if isinstance(schema, list):
        return [follow_discriminators(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: follow_discriminators(value) for key, value in schema.items()}
    tagged = copy.get("discriminator")
    # A property may have the name of a keyword.
    if isinstance(tagged, dict) and isinstance(tagged.get("propertyName"), str) and isinstance(tagged["mapping"], dict):
        return _followed(copy, tagged["propertyName"], tagged["mapping"])
    return copy


def _followed(schema: Schema, tag: str, mapping: dict[str, str]) -> Schema:
    rest = {key: value for key, value in schema.items() if key not in ("discriminator", "oneOf")}
    choices = [
        {"if": {"properties": {tag: {"const": name}}, "required": [tag]}, "then": {"$ref": reference}}
        for name, reference in mapping.items()
    ]
    return {**rest, "properties": {tag: {"enum": list(mapping)}}, "allOf": choices}
