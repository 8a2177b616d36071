"""Without jsonschema-rs the findings are the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aind_lint.examples.bases import base_tree
from aind_lint.schema.json_schema import sidecar_validator
from aind_lint.schema.json_schema.explanation import to_violations
from aind_lint.schema.json_schema.keyword_failure import keyword_failures
from aind_lint.schema.json_schema.python_engine import PythonValidator
from aind_lint.schema.json_schema.rust_engine import RustValidator
from aind_lint.schema.json_schema.sidecar_validator import ValidationResult
from aind_lint.schema.json_schema.tagged_union import follow_discriminators
from aind_lint.schema.released_schemas import load_schema
from tests.cli.run_command import run
from tests.schema.test_sidecar_validator import FAULTS, validation_result

#: What JSON Schema leaves to a library, or what Python could read otherwise.
VALUES: list[Any] = [
    None,
    True,
    1,
    1.0,
    1.5,
    10**30,
    -1,
    "",
    "1",
    "x",
    "é\n",
    "2022-02-30",
    "2022-12-12T05:06:07",
    "24:00:00",
    [],
    {},
]
TIMES = [
    "2022-12-12T05:06:07Z",
    "2022-12-12t05:06:07.5+23:59",
    "2022-12-12T05:06:60Z",
    "2022-12-31T23:59:60Z",
    "2023-01-01T05:29:60+05:30",
    "2022-12-31T15:59:60-08:00",
    "2022-12-31T15:59:60+08:00",
    "2022-12-12 05:06:07Z",
    "2022-12-12T05:06Z",
    "2022-12-12T24:00:00Z",
    "2022-13-12T05:06:07Z",
    "2022-12-12T05:06:07+0100",
    "2022-12-12T05:06:07Z\n",
    "٢٠٢٢-12-12T05:06:07Z",
]
#: Keywords of the archive, each with its own way to report errors.
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "value": {"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 1}, {"const": {"name": "Other"}}]},
        "time": {"type": "string", "format": "date-time"},
        "pattern": {"type": "string", "pattern": "^[^_]+$"},
        "names": {"type": "object", "propertyNames": {"enum": ["a"]}, "additionalProperties": {"type": "number"}},
        "items": {"type": "array", "items": {"enum": [1, "x"]}, "uniqueItems": True, "minItems": 1, "maxItems": 2},
        "number": {"type": "number", "minimum": 0, "maximum": 10},
    },
    "required": ["value", "time"],
    "additionalProperties": False,
}


def assert_equal(data: Any) -> None:
    rust, python = RustValidator(SCHEMA), PythonValidator(SCHEMA)
    assert python.is_valid(data) == rust.is_valid(data), data
    violations = [list(to_violations(keyword_failures(engine.errors(data), data))) for engine in (rust, python)]
    assert violations[0] == violations[1]


@pytest.mark.parametrize("key", [*SCHEMA["properties"], "unknown"])
def test_any_value_fails_the_same_keywords(key: str) -> None:
    for value in VALUES:
        assert_equal({"time": "2022-12-12T05:06:07Z", key: value})


@pytest.mark.parametrize("time", TIMES)
def test_date_times(time: str) -> None:
    assert_equal({"value": 1, "time": time})


@pytest.mark.parametrize("value", [["x", "x"], [1, 1.0, "y"], {"b": "1", "a": 2}, "a_b", "ab\n", {"name": "Othr"}])
def test_lists_objects_and_patterns(value: Any) -> None:
    for key in ("items", "names", "pattern", "value"):
        assert_equal({"value": 1, "time": "2022-12-12T05:06:07Z", key: value})


def test_text_that_is_not_unicode_is_an_error_of_both() -> None:
    for engine in (RustValidator, PythonValidator):
        with pytest.raises(UnicodeEncodeError):
            engine(SCHEMA).errors({"value": "\ud800"})


@pytest.fixture
def python_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def clear() -> None:
        sidecar_validator._fast_validator.cache_clear()
        sidecar_validator._detailed_validator.cache_clear()

    clear()
    monkeypatch.setattr(sidecar_validator, "is_available", lambda module: False)
    yield
    clear()


@pytest.mark.slow
def test_planted_faults_have_the_same_findings(python_engine: None) -> None:
    python = [validation_result(*fault[:4]) for fault in FAULTS[::3]]
    sidecar_validator._fast_validator.cache_clear()
    sidecar_validator._detailed_validator.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sidecar_validator, "is_available", lambda module: True)
        rust = [validation_result(*fault[:4]) for fault in FAULTS[::3]]
    assert python == rust
    assert all(isinstance(result, ValidationResult) and result.errors for result in rust)


@pytest.mark.parametrize("cls", ["Subject", "DataDescription"])
def test_a_draft_7_and_a_2020_12_schema_compile(cls: str) -> None:
    for version in ("0.2.0", "2.0.0"):
        try:
            schema = follow_discriminators(load_schema(cls, version))
        except LookupError:
            continue
        assert not PythonValidator(schema).is_valid({})


@pytest.mark.slow
def test_a_check_works_without_the_compiled_packages(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    subject = asset / "subject.json"
    subject.write_text(subject.read_text(encoding="utf-8").replace("Mus musculus", "Mus muscullus"), encoding="utf-8")
    root = Path(__file__).parents[2]
    results = []
    for path in (str(root), os.pathsep.join([str(root / "tests/without_compiled"), str(root)])):
        done = run(tmp_path, "check", asset.name, "--fast", "--no-cache", "--format", "json", PYTHONPATH=path)
        assert done.returncode == 1, done.stderr
        results.append(json.loads(done.stdout)["assets"])
    assert results[0] == results[1]
