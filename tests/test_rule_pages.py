"""The pages of the rules and the shown examples match the rule files."""

from __future__ import annotations

import os

import pytest

from aind_lint.app.rule_examples.shown_example import FILE_NAME
from aind_lint.engine.rules.rule_catalog import rules_root
from scripts.rule_pages import FOLDER, generated


@pytest.mark.skipif(os.sep != "/", reason="the pages show the output of other systems")
def test_generated_files_are_up_to_date():
    files = [*FOLDER.glob("*.md"), *rules_root().glob(f"*/{FILE_NAME}")]
    kept = {path: path.read_text(encoding="utf-8") for path in files}
    made = generated()
    stale = sorted(path.name for path in {*kept, *made} if kept.get(path) != made.get(path))
    assert not stale, f"run python scripts/rule_pages.py; out of date: {', '.join(stale)}"
