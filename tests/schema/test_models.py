"""Validation by models: the same on every machine, without side effects or output, with one-line messages."""

from __future__ import annotations

import copy
import json
import os
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from aind_lint.examples.bases import BASES, base_tree
from aind_lint.schema.generation import generation_of
from aind_lint.schema.models import installed_models as models
from aind_lint.schema.models.installed_models import model_version, validate_with_model
from aind_lint.schema.models.model_result import ModelUnavailableError
from aind_lint.schema.models.pydantic_errors import _violation
from aind_lint.schema.released_schemas import known_versions
from aind_lint.schema.violation import Violation
from aind_lint.text.json_position import join_pointer, resolve

ZONE = "America/Los_Angeles"
KINDS = BASES["raw-2x"].kinds


@cache
def text_of(kind: str) -> str:
    content = base_tree("raw-2x").files[f"{kind}.json"]
    assert isinstance(content, bytes)
    return content.decode()


def sidecar(kind: str) -> Any:
    return json.loads(text_of(kind))


def class_of(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def violations(cls: str, data: Any, zone: str) -> list[Violation]:
    result = validate_with_model("2.x", cls, data, zone)
    return [*result.schema_violations, *(one.violation for one in result.validator_failures)]


def check_sidecar(kind: str, data: Any, zone: str = ZONE) -> list[tuple[str, str]]:
    return [(v.pointer, v.message) for v in violations(class_of(kind), data, zone)]


def pointers_in(data: Any, parts: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [parts] + [pointer for key, value in members for pointer in pointers_in(value, (*parts, key))]


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def machine_zone(request):
    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change the zone of a process")
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_sidecar_has_no_violation(kind):
    assert check_sidecar(kind, sidecar(kind)) == []


EDITS: list[tuple[str, str, Any, str, str]] = [
    ("subject", "/subject_id", 5, "/subject_id", "'subject_id' is 5; it should be text"),
    ("subject", "/extra", 1, "/extra", "unknown field 'extra'"),
    ("subject", "/subject_details/sex", "male", "/subject_details/sex",
     "'sex' is 'male', which is not one of the 2 allowed values; did you mean 'Male'?"),
    ("subject", "/subject_details/date_of_birth", "12/12/2022", "/subject_details/date_of_birth",
     "'date_of_birth' is '12/12/2022'; it should be a date (YYYY-MM-DD)"),
    ("data_description", "/subject_id", None, "/subject_id",
     "subject_id must be set when data_level is RAW"),
    ("data_description", "/investigators", [], "/investigators", "'investigators' has 0 items; at least 1 are needed"),
    ("data_description", "/funding_source", 3, "/funding_source", "'funding_source' is 3; it should be a list"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "place", "value", "pointer", "message"), EDITS, ids=[e[1] for e in EDITS])
def test_a_violation_has_its_location(kind, place, value, pointer, message):
    data = sidecar(kind)
    parent, _, last = place.rpartition("/")
    resolve(data, parent)[last] = value
    assert check_sidecar(kind, data) == [(pointer, message)]


def test_a_type_error_inside_the_package_is_a_violation():
    data = sidecar("data_description")
    data["investigators"][0] = True
    ((pointer, message),) = check_sidecar("data_description", data)
    assert pointer == ""
    assert message.startswith("the schema package raises an error for this file (TypeError: ")


def test_a_missing_field_is_reported_where_it_should_be():
    data = sidecar("subject")
    del data["subject_details"]["species"]
    assert check_sidecar("subject", data) == [("/subject_details/species", "the field 'species' is missing")]


def test_a_message_of_the_schema_without_words_is_no_crash():
    detail = {"type": "value_error", "input": 1, "msg": "Value error, "}
    assert _violation("/a", detail).message == "'a':"


odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.sampled_from(["2022-12-12", "2022-12-12 05:06", "é\n" * 300]),
    st.sampled_from([[], {}, [None], [{}], {"object_type": "Surgery"}, {"x\n" * 300: 1}]),
)


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_any_value_gives_messages_of_one_line_and_stays_unchanged(kind, draw):
    data = sidecar(kind)
    for _ in range(draw.draw(st.integers(1, 2))):
        *parents, last = draw.draw(st.sampled_from(pointers_in(data)[1:]))
        resolve(data, join_pointer(parents))[last] = copy.deepcopy(draw.draw(odd_values))
    before = copy.deepcopy(data)
    reported = violations(class_of(kind), data, ZONE)
    assert data == before
    for violation in reported:
        assert 0 < len(violation.message) <= 240
        assert "\n" not in violation.message
        if not violation.message.endswith("is missing"):
            resolve(data, violation.pointer)
    assert reported == violations(class_of(kind), data, ZONE)


def test_a_wrong_object_type_is_not_rewritten_in_the_data():
    data = sidecar("subject")
    data["object_type"] = "Procedures"
    violations("Subject", data, ZONE)
    assert data["object_type"] == "Procedures"


NAIVE = ["2022-12-12T05:06:07", "2022-12-12 05:06:07", "2022-12-12t05:06:07", "2022-12-12_05:06:07", "2022-12-12T05:06",
         "2022-12-12T05:06:07.5", "2022-12-12T05:06:07,5", "2022-12-12T05:06:07.123456789"]  # fmt: skip


@pytest.mark.parametrize("naive", NAIVE)
def test_a_time_without_a_zone_gets_the_rigs_zone_however_it_is_written(naive):
    zoned = models._with_offsets({"a": [naive]}, ZoneInfo(ZONE))["a"][0]
    read = TypeAdapter(datetime).validate_python
    assert read(zoned) == read(naive).replace(tzinfo=ZoneInfo(ZONE))
    assert read(zoned).tzinfo is not None


@pytest.mark.parametrize("text", ["2022-12-12", "05:06:07", "2022-12-12T05:06:07Z", "2022-12-12T05:06:07-08:00", "x"])
def test_other_text_is_left_as_it_is(text):
    assert models._with_offsets(text, ZoneInfo(ZONE)) == text


@pytest.mark.parametrize("naive", NAIVE)
def test_the_verdict_on_a_time_without_a_zone_is_the_same_on_every_machine(machine_zone, naive):
    data = sidecar("acquisition")
    data["acquisition_start_time"] = naive
    assert check_sidecar("acquisition", data) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_does_not_depend_on_the_zone_of_the_machine(machine_zone, kind):
    assert check_sidecar(kind, sidecar(kind)) == []


@pytest.mark.parametrize("time_", ["2022-13-45T05:06:07", "2022-12-12T99:99", "0000-00-00 00:00"])
def test_an_impossible_time_is_a_violation(time_):
    data = sidecar("acquisition")
    data["acquisition_start_time"] = time_
    assert [pointer for pointer, _ in check_sidecar("acquisition", data)] == ["/acquisition_start_time"]


def test_nothing_that_the_package_warns_or_logs_reaches_the_terminal(capfd):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for kind in KINDS:
            violations(class_of(kind), sidecar(kind), ZONE)
            violations(class_of(kind), {}, ZONE)
    assert caught == []
    assert capfd.readouterr() == ("", "")


def test_logging_and_warnings_are_as_before():
    import logging

    before = logging.root.manager.disable, list(warnings.filters)
    violations("Subject", {}, ZONE)
    assert (logging.root.manager.disable, list(warnings.filters)) == before


def test_logging_is_unchanged_after_validation_in_many_threads():
    import logging

    before = logging.root.manager.disable
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: violations("Subject", {}, ZONE), range(400)))
    assert logging.root.manager.disable == before


@pytest.mark.parametrize("cls", ["Rig", "Session", "Nothing", "EphysRig"])
def test_a_class_that_the_installed_package_lacks_is_a_lookup_error(cls):
    with pytest.raises(ModelUnavailableError, match="aind-data-schema"):
        model_version("2.x", cls)
    with pytest.raises(ModelUnavailableError, match="aind-data-schema"):
        violations(cls, {}, ZONE)


@pytest.mark.parametrize("cls", known_versions())
def test_every_class_of_the_models_generation_can_be_validated(cls):
    releases = known_versions()[cls].values()
    if any(generation_of(release) == "2.x" for release in releases):
        assert model_version("2.x", cls) in known_versions()[cls]


def test_every_fault_of_a_large_file_is_reported():
    data = sidecar("data_description")
    data["tags"] = [{"x": i} for i in range(20_000)]
    assert len(violations("DataDescription", data, ZONE)) == 20_000


def test_reading_sidecars_does_not_load_the_models():
    import subprocess

    code = (
        "import aind_lint.asset.discovery, aind_lint.engine.rule_runner, sys; print('aind_data_schema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
