"""What scripts/archive does to the schemas that pydantic exports, and how it writes them."""

from __future__ import annotations

import sys
from pathlib import Path

import jsonschema_rs
import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "archive"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the script is not part of this copy")


@pytest.fixture(autouse=True)
def modules(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT))
    yield
    for name in ("repair", "shards"):
        sys.modules.pop(name, None)


def repaired(properties, pydantic=1, **rest):
    from repair import repaired

    schema = repaired({"type": "object", "properties": properties, **rest}, pydantic)
    jsonschema_rs.meta.validate(schema)
    return schema


def test_invalid_keywords_are_left_out():
    stain = {
        "title": "Stain",
        "type": "Stain type",
        "description": ["a", "b"],
        "anyOf": [{"type": "string"}],
        "units": 3,
    }
    assert repaired({"stain": stain})["properties"] == {"stain": {"anyOf": [{"type": "string"}]}}


def test_a_path_may_be_any_text():
    path = {"type": "string", "format": "uri-reference"}
    assert repaired({"path": path}, 2)["properties"] == {"path": {"type": "string"}}


def test_a_property_may_have_the_name_of_a_keyword():
    properties = {"title": {"type": "string"}, "type": {"type": "string"}, "default": {"type": "integer"}}
    assert repaired(properties)["properties"] == properties


def test_described_by_and_the_version_may_be_any_text():
    constants = {"describedBy": {"const": "x", "type": "string"}, "schema_version": {"const": "1.0.0"}}
    assert repaired(constants)["properties"] == {key: {"type": "string"} for key in constants}


@pytest.mark.parametrize(
    ("pattern", "pydantic", "kept"), [("a|b", 1, "^(?:a|b)"), ("^a$", 1, "^a$"), ("a|b", 2, "a|b")]
)
def test_a_pattern_of_pydantic_1_begins_at_the_beginning(pattern, pydantic, kept):
    field = {"type": "string", "pattern": pattern}
    assert repaired({"x": field}, pydantic)["properties"]["x"]["pattern"] == kept


def test_a_description_is_short_and_a_reference_keeps_it():
    field = {"allOf": [{"$ref": "#/definitions/A"}], "description": "long " * 40, "title": "A"}
    schema = repaired({"a": field}, definitions={"A": {"type": "object", "description": "about all A"}})
    kept = schema["properties"]["a"]
    assert kept["$ref"] == "#/definitions/A" and len(kept["description"]) <= 80
    assert schema["definitions"]["A"] == {"type": "object"}


def test_writing_the_same_again_changes_no_byte(tmp_path):
    from shards import changed, shard, write

    one = {"$schema": "x", "type": "object", "$defs": {"A": {"type": "string"}}}
    two = {**one, "required": ["a"]}
    index, shards = {"C": {"0.10.0": "2", "0.9.0": "1"}}, {"C": shard({"0.9.0": one, "0.10.0": two})}
    assert write(tmp_path, index, shards) == ["C.json.xz", "index.json"]
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert write(tmp_path, index, shards) == []
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert changed(tmp_path, shards) == []


def test_a_known_version_with_another_content_is_noticed(tmp_path):
    from shards import changed, shard, write

    one, two = {"type": "object"}, {"type": "object", "required": ["a"]}
    write(tmp_path, {"C": {"1.0.0": "1"}}, {"C": shard({"1.0.0": one})})
    assert changed(tmp_path, {"C": shard({"1.0.0": one, "1.0.1": two})}) == []
    assert changed(tmp_path, {"C": shard({"1.0.0": two})}) == ["C 1.0.0"]
    assert changed(tmp_path, {"C": shard({"1.0.1": one})}) == ["C 1.0.0"]
