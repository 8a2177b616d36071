"""The published schema of a rule file agrees with what the loader takes."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.cli.run_command import run_here

RULES = sorted((Path(__file__).resolve().parents[2] / "rules").glob("*/*.yaml"))


@pytest.fixture(scope="module")
def validator(tmp_path_factory):
    done = run_here(tmp_path_factory.mktemp("schema"), "rules", "--format", "schema")
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def load(path: Path) -> dict[str, object]:
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))


def test_the_schema_states_the_version_of_the_format(validator):
    assert validator.schema["x-format-version"] == 2


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_rule_fits(validator, path):
    assert [error.message for error in validator.iter_errors(load(path))] == []


@pytest.mark.parametrize(
    "change",
    [
        {"color": "red"},
        {"severity": "fatal"},
        {"check": "no_such_verb"},
        {"with": {"no_such_option": 1}},
        {"id": "con1"},
        {"examples": None},
        {"why": None},
    ],
    ids=str,
)
def test_what_the_loader_refuses_does_not_fit(validator, change):
    rule = copy.deepcopy(load(RULES[0]))
    for key, value in change.items():
        rule[key] = value
        if value is None:
            del rule[key]
    assert not validator.is_valid(rule)
