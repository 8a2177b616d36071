"""Validation by the exact release: the right field, one line, and no error where the release accepts the file."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from aind_lint.examples.bases import base_tree
from aind_lint.schema.json_schema.sidecar_validator import ValidationResult, validate_version
from aind_lint.schema.released_schemas import known_versions
from aind_lint.schema.versions import class_of

REMOVED = object()
FIRST = "/subject_procedures/0"
DETAILS = "/subject_details"
SURGERY = f"{FIRST}/procedures"


def sidecar(base: str, kind: str) -> Any:
    content = base_tree(base).files[f"{kind}.json"]
    assert isinstance(content, bytes)
    return json.loads(content)


def validation_result(base: str, kind: str, pointer: str, value: Any) -> ValidationResult:
    data = sidecar(base, kind)
    *parents, last = [int(part) if part.isdecimal() else part for part in pointer.split("/")[1:]]
    here = data
    for part in parents:
        here = here[part]
    if value is REMOVED:
        del here[last]
    else:
        here[last] = value
    return validate_version(class_of(None, kind), data["schema_version"], data)


# For every generation: the changed value, the pointer of the error, and a part of the message.
FAULTS: list[tuple[str, str, str, Any, str, str]] = [
    ("raw-0x", "subject", "/subject_id", REMOVED, "/subject_id", "'subject_id' is missing"),
    ("raw-0x", "subject", "/sex", "Femal", "/sex", "did you mean 'Female'?"),
    ("raw-0x", "subject", "/sex", None, "/sex", "'sex' is null"),
    ("raw-0x", "subject", "/species/name", "Mus muscullus", "/species/name", "did you mean 'Mus musculus'?"),
    ("raw-0x", "subject", "/date_of_birth", "12/12/2022", "/date_of_birth", "a date (YYYY-MM-DD)"),
    ("raw-0x", "data_description", "/modality", {}, "/modality", "a list"),
    ("raw-0x", "data_description", "/license", "MIT", "/license", "'MIT'"),
    ("raw-0x", "procedures", f"{SURGERY}/0/protocol_id", REMOVED, f"{SURGERY}/0/protocol_id", "is missing"),
    ("raw-0x", "procedures", f"{SURGERY}/0/procedure_type", "Headfram", f"{SURGERY}/0/procedure_type", "'Headframe'?"),
    ("raw-0x", "procedures", f"{SURGERY}/1/craniotomy_type", 3, f"{SURGERY}/1/craniotomy_type", "is 3"),
    ("raw-0x", "procedures", f"{SURGERY}/1/extra", 1, f"{SURGERY}/1/extra", "unknown field 'extra'"),
    ("raw-0x", "session", "/data_streams", REMOVED, "/data_streams", "'data_streams' is missing"),
    ("raw-1x", "session", "/session_start_time", "yesterday", "/session_start_time", "a date and time"),
    ("raw-1x", "session", "/animal_weight_prior", "heavy", "/animal_weight_prior", "a number"),
    ("raw-1x", "session", "/weight_unit", "grams", "/weight_unit", "did you mean 'gram'?"),
    ("raw-1x", "session", "/rig_id", 7, "/rig_id", "it should be text"),
    ("raw-1x", "session", "/experimenter_full_name", "Ben", "/experimenter_full_name", "it should be a list"),
    ("raw-1x", "procedures", f"{SURGERY}/0", "Headframe", f"{SURGERY}/0", "it should be an object"),
    ("raw-1x", "procedures", f"{SURGERY}/0/procedure_type", REMOVED, f"{SURGERY}/0/procedure_type", "is missing"),
    ("raw-1x", "procedures", f"{FIRST}/start_date", "2022-13-45", f"{FIRST}/start_date", "a date (YYYY-MM-DD)"),
    ("raw-1x", "procedures", f"{FIRST}/start_date", None, f"{FIRST}/start_date", "is null; it should be a date (YYYY"),
    ("raw-1x", "procedures", f"{FIRST}/anaesthesia/duration", {}, f"{FIRST}/anaesthesia/duration", "be a number"),
    ("raw-1x", "rig", "/rig_id", "x_", "/rig_id", "of the form"),
    ("raw-1x", "data_description", "/data_level", "raw-ish", "/data_level", "'raw-ish'"),
    ("raw-1x", "data_description", "/investigators", [], "/investigators", "at least 1"),
    ("raw-1x", "data_description", "/platform/abbreviation", "ecefys", "/platform/abbreviation", "'ecephys'"),
    ("raw-1x", "data_description", "/subject-id", "1", "/subject-id", "did you mean 'subject_id'?"),
    ("raw-1x", "rig", "/mouse_platform/device_type", "Wheeel", "/mouse_platform/device_type", "did you mean"),
    ("raw-2x", "subject", "/subject_id", REMOVED, "/subject_id", "'subject_id' is missing"),
    ("raw-2x", "subject", f"{DETAILS}/object_type", REMOVED, f"{DETAILS}/object_type", "is missing"),
    ("raw-2x", "subject", f"{DETAILS}/object_type", "Mous subject", f"{DETAILS}/object_type", "'Mouse subject'?"),
    ("raw-2x", "subject", f"{DETAILS}/sex", "female!", f"{DETAILS}/sex", "did you mean 'Female'?"),
    ("raw-2x", "subject", f"{DETAILS}/species", None, f"{DETAILS}/species", "is null"),
    ("raw-2x", "data_description", "/investigators", [], "/investigators", "at least 1"),
    ("raw-2x", "data_description", "/creation_time", "today", "/creation_time", "a date and time"),
    ("raw-2x", "data_description", "/modalities/0", "ecephys", "/modalities/0", "an object"),
    ("raw-2x", "acquisition", "/subject_id", 5, "/subject_id", "it should be text"),
    ("raw-2x", "acquisition", "/data_streams/0/modalities", {}, "/data_streams/0/modalities", "it should be a list"),
    ("raw-2x", "acquisition", "/acquisition_typ", "x", "/acquisition_typ", "did you mean 'acquisition_type'?"),
    ("raw-2x", "instrument", "/location", 7, "/location", "text or null"),
    ("raw-2x", "instrument", "/components/0/name", REMOVED, "/components/0/name", "'name' is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "kind", "edited", "value", "pointer", "message"), FAULTS)
def test_an_error_is_at_its_field_in_one_line(base, kind, edited, value, pointer, message):
    errors = validation_result(base, kind, edited, value).errors
    assert [error.pointer for error in errors] == [pointer]
    assert message in errors[0].message
    assert len(errors[0].message) <= 240


@pytest.mark.parametrize("notes", [None, "", REMOVED])
def test_other_requires_notes_where_the_release_does(notes):
    data = sidecar("raw-1x", "processing")
    process = data["processing_pipeline"]["data_processes"][0]
    process |= {"name": "Other", "notes": "Made by hand"}
    assert validate_version("Processing", data["schema_version"], data) == ValidationResult((), ())
    process["notes"] = notes
    if notes is REMOVED:
        del process["notes"]
    (error,) = validate_version("Processing", data["schema_version"], data).errors
    assert error.pointer == "/processing_pipeline/data_processes/0/notes"
    assert "because name is Other" in error.message


def test_a_misspelt_field_is_one_violation():
    data = sidecar("raw-1x", "subject")
    data["genotyp"] = data.pop("genotype")
    (error,) = validate_version("Subject", data["schema_version"], data).errors
    assert (error.pointer, error.expected) == ("/genotyp", "genotype")


# What a release reads although its schema does not say so.
LENIENT: list[tuple[str, str, str, Any]] = [
    ("raw-0x", "session", "/session_start_time", "2022-12-12T05:06:07"),
    ("raw-1x", "session", "/session_start_time", "2022-12-12 05:06:07"),
    ("raw-1x", "session", "/session_start_time", "2022-12-12 05:06:07-08:00"),
    ("raw-1x", "procedures", "/subject_procedures/1/target_fraction_weight", "85"),
    ("raw-1x", "procedures", f"{SURGERY}/1/dura_removed", "false"),
    ("raw-2x", "acquisition", "/acquisition_start_time", "2022-12-12T05:06:07"),
    ("raw-2x", "acquisition", "/object_type", "Instrument"),
]


@pytest.mark.parametrize(("base", "kind", "pointer", "value"), LENIENT)
def test_values_that_the_release_coerces_are_no_errors(base, kind, pointer, value):
    result = validation_result(base, kind, pointer, value)
    assert result.errors == ()
    assert [violation.pointer for violation in result.tolerated] == [pointer]


def test_pydantic_1_converts_numbers_to_text_and_pydantic_2_does_not():
    old = {"schema_version": "0.2.0", "subject_id": 5}
    reported = [error.pointer for error in validate_version("Subject", "0.2.0", old).errors]
    assert reported and "/subject_id" not in reported
    assert [error.pointer for error in validation_result("raw-1x", "subject", "/subject_id", 5).errors] == [
        "/subject_id"
    ]


def test_a_derived_data_description_of_1x_is_accepted_as_one():
    data = sidecar("derived-1x", "data_description")
    assert validate_version("DataDescription", data["schema_version"], data) == ValidationResult((), ())
    data["input_data_name"] = 7
    assert [error.pointer for error in validate_version("DataDescription", "1.0.4", data).errors] == [
        "/input_data_name"
    ]


def test_described_by_is_not_validated():
    assert validation_result("raw-1x", "subject", "/describedBy", "elsewhere/subject.py") == ValidationResult((), ())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, "\ud800"])
def test_values_that_json_cannot_represent_do_not_crash_validation(value):
    # That it cannot be read by everybody is a matter of the rules SID202, SID205 and SID206.
    assert validation_result("raw-2x", "acquisition", "/data_streams", [value]).errors


@pytest.mark.parametrize("value", [{}, [], "x", 1, None, True, {"object_type": {}}, [[[]]], {"$ref": "x"}])
def test_no_value_crashes_validation(value):
    for base, kind in [("raw-0x", "procedures"), ("raw-1x", "rig"), ("raw-2x", "instrument")]:
        data = sidecar(base, kind)
        for key in data.keys() - {"schema_version"}:
            for error in validation_result(base, kind, f"/{key}", value).errors:
                assert len(error.message) <= 240 and "\n" not in error.message


def test_the_file_is_not_changed():
    data = sidecar("raw-1x", "session")
    data["session_start_time"] = "2022-12-12 05:06:07"
    before = copy.deepcopy(data)
    validate_version("Session", data["schema_version"], data)
    assert data == before


@pytest.mark.parametrize("cls", [cls for cls in known_versions() if cls != "Metadata"])
def test_the_oldest_and_the_newest_version_are_validated(cls):
    versions = list(known_versions()[cls])
    for version in (versions[0], versions[-1]):
        assert validate_version(cls, version, {}).errors


@pytest.mark.parametrize("graph", [{"": [[]]}, {"": 5}, {"a": [], "": ["b", 3]}])
def test_a_violation_below_an_empty_key_has_its_path(graph: dict[str, Any]) -> None:
    data = json.loads(base_tree("raw-2x").files["processing.json"]) | {"dependency_graph": graph}
    result = validate_version("Processing", data["schema_version"], data)
    assert result is not None and result.errors
    assert all(error.pointer.startswith("/dependency_graph/") for error in result.errors)
