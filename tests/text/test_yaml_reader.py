"""Untrusted YAML is plain values, or one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint.errors import UsageError
from aind_lint.text.yaml_reader import read_yaml

#: Of each, PyYAML raises an exception of another class, or makes a value that JSON does not have.
WRONG = [
    "a: !!timestamp x",
    "a: !!timestamp 2022-99-99",
    "a: !!timestamp 2022-01-01",
    "a: !!int ''",
    "a: !!int '-'",
    "a: !!int x",
    "a: !!float ''",
    "a: !!bool maybe",
    "a: !!set {1, 2}",
    "a: !!omap [b: 1]",
    "a: !!pairs [b: 1]",
    "a: !!binary aaaa",
    "!!map [1]",
    "!!python/object:os.system x",
    "a: !mine b",
    "<<: 1",
    "=: =",
    r'a: "\ud800"',
    r'"\udc00": a',
    r'a: "\U0011ffff"',
    f"a: 0x{'f' * 5000}",
    f"a: {'9' * 5000}",
    "a: 18446744073709551616",
    "[" * 3000,
    "&a [*a]",
    "a: \x07",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_plain_is_one_line(text: str) -> None:
    with pytest.raises(UsageError) as error:
        read_yaml(text.encode(), Path("manifest.yml"))
    assert str(error.value).startswith("manifest.yml")
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_and_an_emoji_are_fine() -> None:
    assert read_yaml("\ufeffa: 🐭".encode(), Path("manifest.yml"))[1] == {"a": "🐭"}
