"""A fix that is killed is reported, and finished or undone by the next run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fix.killed import apply, contents, failure, friday_asset, killed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

#: Moments of the suite; ``benchmarks/killed_fixes.py`` tries all of them.
_MOMENTS = 12


def test_a_killed_fix_is_finished_or_undone(tmp_path: Path) -> None:
    _, accesses = killed(apply, friday_asset(tmp_path / "whole"), None)
    wanted = contents(tmp_path / "whole")
    assert accesses > _MOMENTS
    moments = [1 + number * (accesses - 1) // (_MOMENTS - 1) for number in range(_MOMENTS)]
    failures = [failure(tmp_path / f"{number}", number, wanted) for number in moments]
    assert not list(filter(None, failures))
