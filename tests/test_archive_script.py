"""scripts/archive: repairing exported schemas, and writing the archive."""

from __future__ import annotations

import sys
from pathlib import Path

import jsonschema_rs
import pytest

from aind_lint.schema.released_schemas import DRAFT_7

SCRIPT = Path(__file__).parents[1] / "scripts" / "archive"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the script is not part of this copy")


@pytest.fixture(autouse=True)
def modules(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT))
    yield
    for name in ("known_files", "repair", "shards"):
        sys.modules.pop(name, None)


def repair_object(properties, pydantic=1, **rest):
    from repair import repair_schema

    schema = repair_schema({"type": "object", "properties": properties, **rest}, pydantic)
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
    assert repair_object({"stain": stain})["properties"] == {"stain": {"anyOf": [{"type": "string"}]}}


def test_a_path_may_be_any_text():
    path = {"type": "string", "format": "uri-reference"}
    assert repair_object({"path": path}, 2)["properties"] == {"path": {"type": "string"}}


def test_a_property_may_have_the_name_of_a_keyword():
    properties = {"title": {"type": "string"}, "type": {"type": "string"}, "default": {"type": "integer"}}
    assert repair_object(properties)["properties"] == properties


def test_described_by_and_the_version_may_be_any_text():
    constants = {"describedBy": {"const": "x", "type": "string"}, "schema_version": {"const": "1.0.0"}}
    assert repair_object(constants)["properties"] == {key: {"type": "string"} for key in constants}


@pytest.mark.parametrize(
    ("pattern", "pydantic", "kept"), [("a|b", 1, "^(?:a|b)"), ("^a$", 1, "^a$"), ("a|b", 2, "a|b")]
)
def test_a_pattern_of_pydantic_1_begins_at_the_beginning(pattern, pydantic, kept):
    field = {"type": "string", "pattern": pattern}
    assert repair_object({"x": field}, pydantic)["properties"]["x"]["pattern"] == kept


def test_a_description_is_short_and_a_reference_keeps_it():
    field = {"allOf": [{"$ref": "#/definitions/A"}], "description": "long " * 40, "title": "A"}
    schema = repair_object({"a": field}, definitions={"A": {"type": "object", "description": "about all A"}})
    field = schema["properties"]["a"]
    assert field["$ref"] == "#/definitions/A" and len(field["description"]) <= 80
    assert schema["definitions"]["A"] == {"type": "object"}


def archive(*schemas):
    """An archive of one class with a version for each schema."""
    from shards import Archive, schema_lines

    versions = [f"0.{number}.0" for number in range(9, 9 + len(schemas))]
    releases = [str(number) + ".0" for number in range(len(schemas))]
    lines = {
        version: schema_lines({"$schema": "x", **schema}) for version, schema in zip(versions, schemas, strict=True)
    }
    return Archive({"aind-data-schema": releases}, {"C": dict(zip(versions, releases, strict=True))}, {"C": lines})


ONE = {"type": "object", "$defs": {"A": {"type": "string"}}}
TWO = {**ONE, "required": ["a"]}


def test_what_is_written_is_read_again_and_writing_it_again_changes_no_byte(tmp_path):
    from shards import read_archive, write_archive

    made = archive(ONE, TWO)
    assert write_archive(tmp_path, made) == ["0.x/C.json.xz", "1.x/C.json.xz", "index.json", "releases.json"]
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*") if file.is_file()}
    assert read_archive(tmp_path) == made
    assert write_archive(tmp_path, read_archive(tmp_path)) == []
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.*") if file.is_file()} == before


def test_a_released_version_with_changed_content_is_detected():
    assert archive(ONE, TWO).changed_since(archive(ONE)) == []
    assert archive(TWO).changed_since(archive(ONE)) == ["C 0.9.0"]
    assert archive().changed_since(archive(ONE)) == ["C 0.9.0"]


def test_a_union_that_occurs_twice_is_compiled_once_and_needs_its_tag():
    union = {
        "discriminator": {"propertyName": "kind", "mapping": {"A": "#/$defs/A"}},
        "oneOf": [{"$ref": "#/$defs/A"}],
    }
    a = {"type": "object", "properties": {"kind": {"const": "A"}}}
    schema = repair_object({"first": union, "second": union, "third": {"type": "string"}}, 2, **{"$defs": {"A": a}})
    assert schema["properties"]["first"] == schema["properties"]["second"] != union
    accepts = jsonschema_rs.validator_for(schema).is_valid
    assert accepts({"first": {"kind": "A"}, "second": {"kind": "A"}})
    assert not accepts({"first": {}})
    assert not accepts({"second": {"kind": "B"}})


@pytest.mark.slow
def test_a_recorded_file_whose_result_changes_is_found():
    from known_files import changed_results
    from shards import read_archive, schema_lines

    stricter = read_archive(Path(__file__).parents[1] / "aind_lint" / "schema" / "archive")
    for version in stricter.schemas["Subject"]:
        stricter.schemas["Subject"][version] = schema_lines(
            {"$schema": DRAFT_7, "type": "string", "definitions": {"A": {}}}
        )
    unchanged, changed = changed_results(stricter, None)
    assert changed and {Path(file).name for file in changed} == {"subject.json"} and unchanged > 20
