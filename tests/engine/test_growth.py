"""The work of every rule grows with the size of a sidecar, not with its square: lists can have thousands of entries."""

from __future__ import annotations

import copy
import json
import sys
from types import FrameType
from typing import Any

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.bases import base_tree

pytestmark = pytest.mark.slow  # every instruction is counted

FEW, MANY = 60, 240


def with_number(value: Any, number: int) -> Any:
    """The same with a number after every text, so that nothing occurs twice."""
    if isinstance(value, dict):
        return {key: with_number(member, number) for key, member in value.items()}
    if isinstance(value, list):
        return [with_number(member, number) for member in value]
    return f"{value}{number:05}" if isinstance(value, str) else value


def long_lists(base: str, length: int, distinct: bool) -> Asset:
    """An example asset; every list at the top of a sidecar has ``length`` entries."""
    tree = base_tree(base)
    for key in [key for key in tree.files if key.endswith(".json") and "/" not in key]:
        data = json.loads(tree.files[key])
        for name, entries in data.items():
            if isinstance(entries, list) and entries:
                repeated = (copy.deepcopy(entries[number % len(entries)]) for number in range(length))
                data[name] = [with_number(one, number) if distinct else one for number, one in enumerate(repeated)]
        tree.files[key] = json.dumps(data).encode()
    asset = Asset(tree.listing())
    assert all(sidecar.data for sidecar in asset.sidecars())
    return asset


class InstructionCount:
    """Counts the instructions of Python that are executed, which depends on no other program."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> InstructionCount:
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *error: object) -> None:
        sys.settrace(None)

    def _on_call(self, frame: FrameType, event: str, value: object) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._on_instruction

    def _on_instruction(self, frame: FrameType, event: str, value: object) -> Any:
        self.count += 1
        return self._on_instruction


def instructions(asset: Asset) -> dict[str, int]:
    """How many instructions each rule takes, the schema apart: its engine is not written in Python."""
    counts = {}
    for loaded in load_rules():
        if loaded.verb.configuration_scope or loaded.verb.needs_bucket or loaded.rule.family == "SCH":
            continue
        with InstructionCount() as executed:
            RuleRunner([loaded], {loaded.id}).run(asset, CheckContext(fast=True, contents="none"), "candidate")
        counts[loaded.id] = executed.count
    return counts


@pytest.mark.parametrize(
    ("base", "distinct"),
    [("raw-1x", True), ("raw-2x", False), ("derived-2x", True)],
    ids=["raw-1x-distinct", "raw-2x-equal", "derived-2x-distinct"],
)
def test_four_times_as_many_entries_take_at_most_about_four_times_as_long(base, distinct, monkeypatch):
    # Suggestions compare every name with every other, and are limited to twenty.
    monkeypatch.setattr("aind_lint.checks.consistency.value_exists_in.closest", lambda word, words: None)
    few, many = (instructions(long_lists(base, length, distinct)) for length in (FEW, MANY))
    assert {rule: (few[rule], many[rule]) for rule in few if many[rule] > 6 * few[rule] + 20_000} == {}
