"""The models in a second process: the same results, and none is lost when the process dies."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from aind_lint.examples.bases import BASES, base_tree
from aind_lint.schema.models import model_process
from aind_lint.schema.models.model_process import ModelProcess, Reply, Request, start_model_process
from aind_lint.schema.models.model_result import ModelUnavailableError
from aind_lint.schema.models.model_source import LocalModels

ZONE = "America/Los_Angeles"


def sidecar(kind: str) -> dict[str, Any]:
    content = base_tree("raw-2x").files[f"{kind}.json"]
    assert isinstance(content, bytes)
    return json.loads(content)


def class_of(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


@pytest.fixture(scope="module")
def process() -> Iterator[ModelProcess]:
    with ModelProcess() as started:
        yield started


@pytest.mark.parametrize("kind", BASES["raw-2x"].kinds)
@pytest.mark.parametrize("change", [{}, {"object_type": 7}, {"no_such_field": "\ud800"}], ids=str)
def test_results_are_those_of_this_process(process, kind, change):
    data = {**sidecar(kind), **change}
    cls = class_of(kind)
    assert process.validate("2.x", cls, data, ZONE) == LocalModels().validate("2.x", cls, data, ZONE)
    assert process.version("2.x", cls) == LocalModels().version("2.x", cls)


def test_a_result_that_was_submitted_is_computed_once(process):
    subject, procedures = sidecar("subject"), sidecar("procedures")
    process.load("2.x", ["Subject", "NoSuchClass"])
    process.submit("2.x", "Subject", subject, ZONE)
    process.submit("2.x", "Procedures", {**procedures, "subject_id": 5}, ZONE)
    sent = len(process._sent)
    assert process.validate("2.x", "Subject", subject, ZONE).schema_violations == ()
    assert len(process._sent) == sent


def test_a_model_that_is_unavailable_is_named(process):
    with pytest.raises(ModelUnavailableError, match="aind-data-schema is not installed, or has no NoSuchClass"):
        process.validate("2.x", "NoSuchClass", {}, ZONE)
    with pytest.raises(ModelUnavailableError, match="NoSuchClass"):
        process.version("2.x", "NoSuchClass")


@pytest.mark.parametrize("program", ["raise SystemExit", "print('not JSON', flush=True); sys.stdin.read()"])
def test_a_process_that_ends_or_writes_other_text_is_replaced_by_this_one(monkeypatch, program):
    monkeypatch.setattr(model_process, "_PROGRAM", program)
    with ModelProcess() as broken:
        broken.submit("2.x", "Subject", sidecar("subject"), ZONE)
        assert broken.validate("2.x", "Subject", {}, ZONE) == LocalModels().validate("2.x", "Subject", {}, ZONE)
        assert broken.version("2.x", "Subject") == LocalModels().version("2.x", "Subject")


def test_a_request_that_json_cannot_represent_is_answered_by_this_process():
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with ModelProcess() as process:
        with pytest.raises(RecursionError):
            Request("validate", "2.x", "Subject", deep).to_line()
        process._requests.put(Request("validate", "2.x", "Subject", deep))
        assert process.validate("2.x", "Subject", {}, ZONE) == LocalModels().validate("2.x", "Subject", {}, ZONE)


@pytest.mark.parametrize(
    "line", [b"", b"[", b"[]", b"7\n", b"[{}, null]\n", b'[{"schema_violations": [7]}, null]\n', b"\xff"]
)
def test_a_reply_that_is_cut_off_is_an_error(line):
    with pytest.raises((ValueError, TypeError, LookupError)):
        Reply.from_line(line)


def test_a_process_that_was_closed_is_replaced_by_this_one():
    with ModelProcess() as process:
        process.close()
        assert process.validate("2.x", "Subject", sidecar("subject"), ZONE).schema_violations == ()
    assert process._process.poll() is not None


def test_none_is_started_where_it_gains_nothing(monkeypatch):
    monkeypatch.setattr(model_process, "_LOADED", ("a_module_that_is_not_loaded",))
    monkeypatch.setattr(model_process, "_was_started", Event())
    monkeypatch.setattr(model_process, "available_cores", lambda: 1)
    assert start_model_process() is None
    monkeypatch.setattr(model_process, "available_cores", lambda: 2)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert start_model_process() is None
    monkeypatch.setattr(sys, "frozen", False)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert start_model_process() is None
    monkeypatch.undo()
    monkeypatch.setattr(model_process, "_was_started", Event())
    assert start_model_process() is None, "the models of this process are loaded"
    monkeypatch.setattr(model_process, "_LOADED", ())
    with start_model_process() as first:
        assert isinstance(first, ModelProcess)
        assert start_model_process() is None, "a second one"
