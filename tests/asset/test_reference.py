"""References: where they lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from aind_lint.asset.value_reference import (
    Reference,
    ReferencedValue,
    match_pointer,
    resolve_reference,
    resolve_references,
    unreadable_files,
)
from aind_lint.text.json_position import resolve
from tests.engine.sample_rules import make_asset

STREAMS = {"data_streams": [{"daq_names": ["A", "B"]}, {"daq_names": ["C"]}, {}], "rig": {"lens": {"name": "L"}}}
ASSET = make_asset("ecephys_123456_2022-12-12_05-06-07", session=STREAMS, subject={"subject_id": None, "rrid": []})

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("reference", "places"),
    [
        ("name:subject_id", [(None, "123456")]),
        ("name:label", []),
        ("session.json#/data_streams/1/daq_names/0", [("/data_streams/1/daq_names/0", "C")]),
        (
            "session.json#/data_streams/*/daq_names/*",
            [
                ("/data_streams/0/daq_names/0", "A"),
                ("/data_streams/0/daq_names/1", "B"),
                ("/data_streams/1/daq_names/0", "C"),
            ],
        ),
        ("session.json#/**/name", [("/rig/lens/name", "L")]),
        ("session.json#/rig/**/name", [("/rig/lens/name", "L")]),
        ("session.json#/rig/lens/**/name", [("/rig/lens/name", "L")]),
        ("session.json#/data_streams/9", []),
        ("session.json#/data_streams/x", []),
        ("session.json#/rig/lens/name/*", []),
        ("subject.json#/subject_id", []),
        ("subject.json#/rrid", [("/rrid", [])]),
        ("procedures.json#/subject_id", []),
    ],
)
def test_values_of_a_reference(reference, places):
    assert [(place.pointer, place.value) for place in resolve_reference(ASSET, reference)] == places


def test_values_of_several_references_are_in_the_order_of_references():
    found = resolve_references(ASSET, ["session.json#/**/name", "name:prefix"])
    assert found == [
        ReferencedValue("session.json", ("rig", "lens", "name"), "L"),
        ReferencedValue(None, ("prefix",), "ecephys"),
    ]
    assert [str(place) for place in found] == ["session.json", "the asset name"]


def test_a_reference_with_many_values_gives_all_of_them_each_time_and_keeps_none():
    asset = make_asset(session={"few": [1, 2], "many": list(range(5000))})
    for _ in range(2):
        assert [place.value for place in resolve_reference(asset, "session.json#/few/*")] == [1, 2]
        assert [place.value for place in resolve_reference(asset, "session.json#/many/*")] == list(range(5000))
    assert list(asset.resolved) == ["session.json#/few/*"]


def test_an_unreadable_file_is_named_once():
    asset = make_asset(session=b"{", subject={})
    references = ["session.json#/a", "session.json#/b", "subject.json#/a", "rig.json#/a", "name:text"]
    assert unreadable_files(asset, references) == ["session.json"]
    assert list(resolve_reference(asset, "session.json#/a")) == []


@pytest.mark.parametrize("text", ["subject.json", "subject.json#", "name:problems", "name:", "Subject.json#/a", "#/a"])
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(ValidationError):
        TypeAdapter(Reference).validate_python(text)


@given(JSON)
def test_two_wildcards_find_every_value_once(data):
    places = [place for place, _ in match_pointer(data, ("**",))]
    assert len(set(places)) == len(places)
    for path, value in match_pointer(data, ("**", "*")):
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
        assert resolve(data, pointer) is value
