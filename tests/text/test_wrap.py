"""Lines that fit a terminal."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.text.sanitize import sanitize
from aind_lint.text.wrap import columns, wrap


def test_words_wrap_with_an_indent() -> None:
    assert wrap("   = fix: one two three four five six seven", 30, 10) == (
        "   = fix: one two three four\n          five six seven"
    )


@pytest.mark.parametrize("width", [None, 43, 200])
def test_a_line_that_fits_is_unchanged(width: int | None) -> None:
    line = "   = fix: one two  three four five six seven"
    assert wrap(line, width and width + 1, 10) == line


def test_long_words_stay_whole() -> None:
    path = "a/" * 60
    assert wrap(f"see {path} now", 40, 2) == f"see\n  {path}\n  now"


def test_wide_characters_and_colors_count_as_what_they_show() -> None:
    line = f"{click.style('error', fg='red')} {'鼠鼠鼠鼠 ' * 8}".rstrip()
    assert all(columns(part) <= 40 for part in wrap(line, 40, 2).splitlines())
    assert [len(part.split()) for part in wrap(line, 40, 0).splitlines()] == [4, 4, 1]


@given(st.text(st.sampled_from("ab: #[鼠\u0301"), max_size=120), st.integers(1, 60), st.integers(0, 12))
def test_wrapping_changes_only_spaces(text: str, width: int, indent: int) -> None:
    line = sanitize(f"x {text}")
    wrapped = wrap(line, width, indent)
    assert wrapped.replace("\n", " ").split() == line.split()
    assert not any(part.lstrip().startswith("::") for part in wrapped.splitlines())
