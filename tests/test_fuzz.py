"""A small sample of ``benchmarks/fuzzed_sidecars.py``: no rule raises, and what passes is valid for jsonschema, too."""

from __future__ import annotations

from tests.fuzz import fuzz


def test_fuzzed_sidecars_are_reported_or_valid() -> None:
    result = fuzz(60, seed=1)
    assert not result.crashes
    assert not result.false_passes
    assert result.outcomes["reported"] > 30 and result.outcomes["passed"] > 0
