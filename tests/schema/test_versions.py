"""What a sidecar declares itself to be: its class, its version, and the release that carries the two."""

from __future__ import annotations

import json

import pytest

from aind_lint.schema.generation import generation_of
from aind_lint.schema.released_schemas import known_versions
from aind_lint.schema.versions import (
    class_of,
    declaration,
    described_module,
    is_class_of_kind,
    newest_version,
)
from aind_lint.sidecar.kinds import KINDS
from aind_lint.sidecar.reader import read_sidecar

GITHUB = "https://raw.githubusercontent.com/AllenNeuralDynamics/aind-data-schema/main/src/aind_data_schema/core"


def declared(kind: str, **data: object):
    return declaration(read_sidecar(f"{kind}.json", json.dumps(data).encode()))


@pytest.mark.parametrize("cls", known_versions())
def test_every_known_version_is_declared_without_a_problem(cls):
    kind = "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(cls))
    home = next((k for k in KINDS if is_class_of_kind(kind, k)), "other")
    for version, release in known_versions()[cls].items():
        one = declared(home, schema_version=version, describedBy=f"{GITHUB}/{kind}.py")
        if one.cls == cls:
            assert (one.version, one.release, one.problem) == (version, release, None)
            assert one.generation == generation_of(release) == f"{release[0]}.x"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_known_versions(kind):
    assert newest_version(class_of(None, kind))


@pytest.mark.parametrize("kind", ["notes", "metadata.nd", "", "rigging", "_rig"])
def test_a_file_of_no_known_kind_is_taken_for_metadata(kind):
    assert class_of(None, kind) == "Metadata"


def test_a_file_without_a_version_is_reported():
    one = declared("subject", subject_id="1")
    assert (one.cls, one.version, one.release, one.generation, one.problem) == ("Subject", None, None, None, "missing")


@pytest.mark.parametrize(
    "version",
    [None, 2, 2.0, True, [], {}, "", "2.0", "v2.0.0", "2.0.0 ", "2.0.0\n", " 2.0.0", "2.0.x", "2.0.0-rc1", "2,0,0",
     "٢.0.0", "2.0.99999", "2" * 5000],
)  # fmt: skip
def test_a_version_that_is_not_three_numbers_is_malformed(version):
    one = declared("subject", schema_version=version)
    assert (one.problem, one.release) == ("malformed", None)
    assert one.version == (version if isinstance(version, str) else None)


@pytest.mark.parametrize(
    ("version", "problem"), [("0.0.1", "unknown"), ("2.0.999", "unknown"), ("02.0.0", "unknown"), ("9.9.9", "future")]
)
def test_an_unreleased_version_is_unknown_or_too_new(version, problem):
    one = declared("subject", schema_version=version)
    assert (one.problem, one.version, one.release, one.generation) == (problem, version, None, None)


def test_versions_are_compared_as_numbers():
    newest = newest_version("Subject")
    major, minor, _ = newest.split(".")
    assert declared("subject", schema_version=f"{major}.{int(minor) + 100}.0").problem == "future"
    assert declared("subject", schema_version=f"0.{int(minor) + 100}.0").problem == "unknown"


def test_the_first_model_belongs_to_1x_in_spite_of_its_first_digit():
    assert declared("model", schema_version="0.0.1").generation == "1.x"


@pytest.mark.parametrize(
    ("kind", "described_by", "cls"),
    [
        ("rig", f"{GITHUB}/rig.py", "Rig"),
        ("rig", f"{GITHUB}/ephys_rig.py", "EphysRig"),
        ("rig", f"{GITHUB}/instrument.py", "Instrument"),
        ("session", f"{GITHUB}/mri_session.py", "MriSession"),
        ("session", f"{GITHUB}/ephys_session.py", "EphysSession"),
        ("session", "https://example.org/schemas/ophys_session_schema.json", "OphysSession"),
        ("instrument_ephys", f"{GITHUB}/instrument.py", "Instrument"),
        ("acquisition_fip", None, "Acquisition"),
        ("rig_447", None, "Rig"),
        ("data_description", f"{GITHUB}/data_description.py/", "DataDescription"),
    ],
)
def test_described_by_chooses_among_the_classes_that_a_kind_may_hold(kind, described_by, cls):
    assert class_of(described_by, kind) == cls


@pytest.mark.parametrize(
    "described_by", [None, 7, [], {}, "", "/", f"{GITHUB}/procedures.py", "nonsense", f"{GITHUB}/rig.py"]
)
def test_a_wrong_described_by_does_not_change_the_class(described_by):
    assert class_of(described_by, "subject") == "Subject"


@pytest.mark.parametrize(
    ("described_by", "module"),
    [(f"{GITHUB}/rig.py", "rig"), ("rig.py", "rig"), ("a/rig_schema.json", "rig"), ("a/rig/", "rig"), (3, None)],
)
def test_described_by_is_read_for_its_module(described_by, module):
    assert described_module(described_by) == module


@pytest.mark.parametrize("cls", known_versions())
def test_versions_are_sorted_oldest_first(cls):
    versions = [tuple(map(int, version.split("."))) for version in known_versions()[cls]]
    assert versions == sorted(versions)
