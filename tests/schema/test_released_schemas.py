"""The archive: complete, valid by its own meta-schemas, and what it was when it was released."""

from __future__ import annotations

import re
from importlib import resources

import jsonschema_rs
import pytest
from jsonschema.validators import Draft7Validator, validator_for

from aind_lint.asset.asset import Asset
from aind_lint.examples.bases import BASES, base_tree
from aind_lint.schema.json_schema.sidecar_validator import validate_version
from aind_lint.schema.released_schemas import (
    candidate_classes,
    is_archived,
    known_versions,
    load_schema,
    load_schema_text,
)
from aind_lint.schema.versions import declaration, newest_version
from aind_lint.schema.violation import FORMATS

RECORD = "Metadata"
CLASSES = [cls for cls in known_versions() if cls != RECORD]


def definitions(schema):
    return schema.get("definitions", schema.get("$defs", {}))


@pytest.mark.parametrize("cls", CLASSES)
def test_every_schema_is_valid_by_the_meta_schema_of_its_dialect(cls):
    for version in known_versions()[cls]:
        jsonschema_rs.meta.validate(load_schema(cls, version))


@pytest.mark.parametrize("cls", CLASSES)
def test_another_library_finds_the_schemas_valid_too(cls):
    # All versions take it 12 seconds; scripts/archive gives it those it adds. Whole schemas of 2020-12
    # take it seconds each, so it gets the definitions, by the quicker dialect.
    newest = load_schema(cls, newest_version(cls))
    if cls == "Subject":
        validator_for(newest).check_schema(newest)
    for definition in definitions(newest).values():
        Draft7Validator.check_schema(definition)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_format_is_validated(cls):
    texts = (load_schema_text(cls, version) for version in known_versions()[cls])
    assert {name for text in texts for name in re.findall(r'"format":"([^"]*)"', text)} <= FORMATS.keys()


@pytest.mark.parametrize("cls", CLASSES)
def test_every_reference_resolves(cls):
    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    for version in known_versions()[cls]:
        schema = load_schema(cls, version)
        defined = {f"#/{key}/{name}" for key in ("definitions", "$defs") for name in schema.get(key, {})}
        assert set(references(schema)) <= defined


def test_the_record_of_all_files_has_versions_and_no_schema():
    version = next(iter(known_versions()[RECORD]))
    assert not is_archived(RECORD, version)
    with pytest.raises(LookupError):
        load_schema(RECORD, version)


@pytest.mark.parametrize(("cls", "version"), [("Subject", "9.9.9"), ("Nothing", "1.0.0"), ("../index", "1.0.0")])
def test_what_was_never_released_is_a_lookup_error(cls, version):
    with pytest.raises(LookupError):
        load_schema(cls, version)


def test_a_schema_belongs_to_the_caller():
    version = next(iter(known_versions()["Subject"]))
    load_schema("Subject", version).clear()
    assert load_schema("Subject", version)


@pytest.mark.parametrize(
    ("cls", "version", "classes"),
    [
        ("DataDescription", "0.1.0", ["DataDescription", "RawDataDescription", "DerivedDataDescription"]),
        (
            "DataDescription",
            "1.0.4",
            ["DataDescription", "RawDataDescription", "DerivedDataDescription", "AnalysisDescription"],
        ),
        ("DataDescription", "2.4.2", ["DataDescription"]),
        ("Subject", "1.0.3", ["Subject"]),
    ],
)
def test_a_file_may_follow_the_classes_that_inherit_from_its_own(cls, version, classes):
    assert candidate_classes(cls, version) == classes


def test_the_archive_is_small_enough_to_ship():
    folder = resources.files("aind_lint.schema").joinpath("archive")
    with resources.as_file(folder) as path:
        assert sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) <= 600_000


def test_nothing_of_a_python_object_is_left_in_a_schema():
    for cls in CLASSES:
        newest = list(known_versions()[cls])[-1]
        assert "object at 0x" not in str(load_schema(cls, newest))


@pytest.mark.parametrize("base", BASES)
def test_the_examples_are_valid_for_the_versions_they_declare(base):
    for sidecar in Asset(base_tree(base).listing()).sidecars():
        declared = declaration(sidecar)
        assert declared.version and sidecar.data
        result = validate_version(declared.cls, declared.version, sidecar.data)
        assert (result.errors, result.tolerated) == ((), ())
