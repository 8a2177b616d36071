"""The globs of the rule files match what they matched before there was one dialect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.text.glob import compile_globs

ROWS = yaml.safe_load(Path(__file__).with_name("rule_globs.yaml").read_text(encoding="utf-8"))
RULES = {one.id: one for one in load_rules()}


def globs_of(rule, option):
    """The globs of an option, with those that the verb takes from the vocabulary."""
    added: Sequence[str] = ()
    if rule.rule.check == "unwanted" and rule.options.vocabulary == "labels":
        added = VOCABULARY.label_globs
    elif rule.rule.check == "unwanted" and rule.options.vocabulary == "modalities":
        added = [*VOCABULARY.modality_folders, *VOCABULARY.modality_parts]
    elif rule.rule.check == "modality_folder":
        added = [*VOCABULARY.label_globs, *VOCABULARY.metadata_folders, *VOCABULARY.other_folders]
    return [*getattr(rule.options, option), *added]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['rule']} {row['option']}")
def test_globs_match_what_they_matched_before(row):
    assert set(row["after"]) <= set(globs_of(RULES[row["rule"]], row["option"]))  # rules gained globs since
    pattern = compile_globs(tuple(row["after"]), row.get("ignore_case", False))
    assert [key for key in row["matches"] if not pattern.fullmatch(key)] == []
    assert [key for key in [*row["others"], *row.get("no_longer_matches", [])] if pattern.fullmatch(key)] == []
