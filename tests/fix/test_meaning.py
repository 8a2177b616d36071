"""Faults of meaning: fix changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aind_lint.app.fix import FixOptions
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.errors import UsageError
from tests.fix.faults import fix_of, plant, read_faults
from tests.generator.check_assets import write_planted
from tests.generator.planted import Planted, planted_faults

FAULTS = read_faults("meaning")
_FIXABLE = {rule.id for rule in load_rules() if rule.rule.fixer is not None}
#: Planted faults of rules that have a fix, and that are no question of spelling.
_OF_MEANING = ("a sidecar cut off", "a sidecar in the code page of Windows", "the folder is called otherwise")
#: Rules about what only a published asset contains: such an asset is refused.
_OF_PUBLISHED = ("SID123", "SID124")
PLANTED = [fault for fault in planted_faults() if fault.rule not in _FIXABLE or fault.name in _OF_MEANING]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["name"])
def test_a_fault_that_only_looks_mechanical_is_not_fixed(fault: dict[str, Any], tmp_path: Path) -> None:
    try:
        asset = plant(fault).write(tmp_path / "rig")
    except OSError as error:
        pytest.skip(f"this file system cannot hold the fault: {error}")
    planned = fix_of(asset, FixOptions(encoding=fault.get("encoding"))).plan()
    assert planned.is_empty, planned.plan


@pytest.mark.slow
@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: f"{fault.rule} {fault.name}")
def test_a_planted_fault_of_meaning_is_not_fixed(fault: Planted, tmp_path: Path) -> None:
    try:
        asset = write_planted(fault, 0, tmp_path)
    except OSError as error:
        pytest.skip(f"this file system cannot hold the fault: {error}")
    one = fix_of(asset)
    if fault.rule in _OF_PUBLISHED:
        with pytest.raises(UsageError, match="published"):
            one.plan()
        return
    planned = one.plan()
    assert planned.is_empty, planned.plan
