"""The JSON Schemas that editors use accept what the archive accepts."""

from __future__ import annotations

import json

import jsonschema
import jsonschema_rs
import pytest

from aind_lint.errors import UsageError
from aind_lint.examples.bases import BASES, base_tree
from aind_lint.schema.json_schema.published_schema import kind_schema, sidecar_schema
from aind_lint.schema.released_schemas import candidate_classes, load_schema
from aind_lint.schema.versions import declaration
from aind_lint.sidecar.reader import read_sidecar
from tests.cli.run_command import run_here


def sidecars():
    files = {
        (BASES[base].generation, BASES[base].level, key): content
        for base in BASES
        for key, content in base_tree(base).files.items()
        if key.endswith(".json") and "/" not in key and isinstance(content, bytes)
    }
    for where, content in sorted(files.items()):
        yield pytest.param(read_sidecar(where[2], content), id="-".join(where))


@pytest.mark.parametrize("sidecar", list(sidecars()))
def test_schemas_accept_valid_sidecars_of_their_version(sidecar):
    declared = declaration(sidecar)
    assert declared.version is not None
    own = sidecar_schema(declared.cls, declared.version)
    of_kind = kind_schema(sidecar.kind, [(declared.cls, declared.version)])
    without = {key: value for key, value in sidecar.data.items() if key != load_required(declared)}
    for schema in (own, of_kind):
        validator = jsonschema.validators.validator_for(schema)(schema)
        jsonschema_rs.meta.validate(schema)  # twenty times as fast as `check_schema` of jsonschema
        assert validator.is_valid(sidecar.data), next(validator.iter_errors(sidecar.data)).message
        assert not validator.is_valid(without)
    other_version = {**sidecar.data, "schema_version": "9.9.9"}
    assert not jsonschema.validators.validator_for(own)(own).is_valid(other_version)
    assert jsonschema.Draft7Validator(of_kind).is_valid(other_version)


def load_required(declared):
    """A field that every class of the file requires."""
    classes = candidate_classes(declared.cls, declared.version)
    return sorted(set.intersection(*(set(load_schema(one, declared.version)["required"]) for one in classes)))[0]


def test_a_version_of_several_classes_needs_the_class():
    with pytest.raises(UsageError, match=r"EphysRig and OphysRig and Rig have a version 0.5.1"):
        sidecar_schema("rig", "0.5.1")
    assert sidecar_schema("EphysRig", "0.5.1")["title"] == "EphysRig 0.5.1, aind-data-schema 0.9.6"


def test_the_command_prints_the_schema(tmp_path):
    done = run_here(tmp_path, "schemas", "subject", "1.0.3", "--format", "schema")
    assert done.returncode == 0 and json.loads(done.stdout) == sidecar_schema("subject", "1.0.3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("subject", "2.3.9", "--format", "schema"), "subject 2.3.9 was never released; the closest version is 2.3.3"),
        (("subjekt", "--format", "schema"), "did you mean 'subject'?"),
        (("metadata", "--format", "schema"), "no kind of sidecar"),
        (("--format", "schema"), "needs a KIND"),
        (("subject", "2.3.3"), "add --format schema"),
        (("subject", "--kind", "subject"), "KIND is given twice"),
    ],
)
def test_a_wrong_request_names_the_right_one(arguments, message, tmp_path):
    done = run_here(tmp_path, "schemas", *arguments)
    assert done.returncode == 2 and message in done.stderr
