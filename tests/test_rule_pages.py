"""The pages of the rules match the rule files."""

from __future__ import annotations

from scripts.rule_pages import FOLDER, pages


def test_pages_are_up_to_date():
    kept = {page.name: page.read_text(encoding="utf-8") for page in FOLDER.glob("*.md")}
    made = pages()
    stale = sorted(name for name in {*kept, *made} if kept.get(name) != made.get(name))
    assert not stale, f"run python scripts/rule_pages.py; out of date: {', '.join(stale)}"
