"""Every example of every rule, in memory and on disk: dropping in a rule file adds its tests."""

import os
from importlib.util import find_spec

import pytest

from aind_lint.app.rule_examples.example_asset import write_example
from aind_lint.engine.rules.rule_loader import load_rules
from tests.examples.run import also_found, examples_of, try_example

RULES = load_rules()
#: Rules about values inside HDF5 files. Under Wine, numpy and so h5py cannot be imported.
_NEED_H5PY = {"FMT405"} if find_spec("h5py") is None else set()
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}: {example.name}")
    for rule in RULES
    if rule.id not in _NEED_H5PY
    for example in examples_of(rule)
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_example_in_memory(rule, example):
    _demand_success(try_example(rule, RULES, example))


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_example_on_disk(rule, example, tmp_path):
    if example.special and not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    try:
        asset = write_example(example, tmp_path)
    except OSError as error:
        pytest.skip(f"this file system cannot hold the example: {error}")
    _demand_success(try_example(rule, RULES, example, asset))


@pytest.mark.parametrize(
    ("rule", "example"),
    [
        param
        for param in EXAMPLES
        if not (param.values[0].verb.configuration_scope or param.values[1].expect or param.values[1].not_checked)
    ],
)
def test_no_other_rule_has_findings_in_a_passing_example_unless_declared(rule, example):
    """Every example is a complete valid asset but for what it shows."""
    assert also_found(rule, RULES, example) == example.other_rules


def _demand_success(difference):
    if difference:
        pytest.fail(difference, pytrace=False)
