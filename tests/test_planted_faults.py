"""Faults planted into valid assets: the rule for a fault says so, and it alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.generator.check_assets import try_planted
from tests.generator.planted import Planted, planted_faults

# Of the installed models, about their own fields.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*[Dd]eprecated.*:DeprecationWarning"),
]


@pytest.mark.parametrize("fault", planted_faults(), ids=lambda fault: f"{fault.rule} {fault.name}")
def test_a_planted_fault_is_reported_by_its_rule(fault: Planted, tmp_path: Path) -> None:
    if os.name == "nt" and fault.name == "a dot at the end of a name":
        pytest.skip("Windows drops a dot at the end of a name")
    try:
        outcome = try_planted(fault, 0, tmp_path)
    except OSError as error:
        pytest.skip(f"this file system cannot hold the fault: {error}")
    assert fault.rule in outcome.fired, outcome
