"""The globs of the rule files match what they matched before there was one dialect."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.text.glob import compile_globs

ROWS = yaml.safe_load(Path(__file__).with_name("rule_globs.yaml").read_text(encoding="utf-8"))
RULES = {one.id: one for one in load_rules()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['rule']} {row['option']}")
def test_globs_match_what_they_matched_before(row):
    assert list(getattr(RULES[row["rule"]].options, row["option"])) == row["after"]
    pattern = compile_globs(tuple(row["after"]), row.get("ignore_case", False))
    assert [key for key in row["matches"] if not pattern.fullmatch(key)] == []
    assert [key for key in [*row["others"], *row.get("no_longer_matches", [])] if pattern.fullmatch(key)] == []
