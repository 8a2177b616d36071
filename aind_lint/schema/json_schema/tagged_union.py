"""Tagged unions, rewritten so that only the branch that the tag selects is validated.

pydantic exports a tagged union as ``oneOf`` with a ``discriminator``, which is not part of JSON Schema. The archive
only makes the tag required: that decides whether a file is valid, and compiles fast. But a validator then reports one
error in one branch as an error in every branch, and there are up to forty branches.
"""

from __future__ import annotations

from typing import Any

from aind_lint.schema.released_schemas import Schema


def follow_discriminators(schema: Any) -> Any:
    """A copy of a schema that selects branches by tag. It accepts the same files, and reports errors where they are."""
    if isinstance(schema, list):
        return [follow_discriminators(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: follow_discriminators(value) for key, value in schema.items()}
    discriminator = copy.get("discriminator")
    # A property can have the name of a keyword, so check the structure as well.
    if (
        isinstance(discriminator, dict)
        and isinstance(discriminator.get("propertyName"), str)
        and isinstance(discriminator["mapping"], dict)
    ):
        return _branches_by_tag(copy, discriminator["propertyName"], discriminator["mapping"])
    return copy


def _branches_by_tag(schema: Schema, tag: str, mapping: dict[str, str]) -> Schema:
    other_keywords = {key: value for key, value in schema.items() if key not in ("discriminator", "oneOf")}
    branches = [
        {"if": {"properties": {tag: {"const": name}}, "required": [tag]}, "then": {"$ref": reference}}
        for name, reference in mapping.items()
    ]
    return {**other_keywords, "properties": {tag: {"enum": list(mapping)}}, "allOf": branches}
