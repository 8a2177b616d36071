"""A glance never says no where there is something."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from aind_lint.sidecar.json_prescan import may_contain_huge_number, may_contain_lone_surrogate, may_exceed_depth

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab{}[]", max_size=3), inner, max_size=3),
    max_leaves=20,
)
texts = st.builds(json.dumps, values, indent=st.none() | st.integers(0, 2)) | st.text('{}[]"0123456789eE+-.\\\\ud8 ,:')


def depth(value) -> int:
    if isinstance(value, (list, dict)):
        return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)
    return 0


@given(texts)
def test_huge_numbers(text):
    if re.search(r"[0-9]{19}|[eE]\+?[0-9]{3}", text):
        assert may_contain_huge_number(text.encode())


@given(texts)
def test_surrogates(text):
    if re.search(r"\\u[dD][89a-fA-F]..", text):
        assert may_contain_lone_surrogate(text.encode())


@given(values, st.integers(0, 6))
def test_depth(value, levels):
    text = json.dumps(value).encode()
    if depth(value) > levels:
        assert may_exceed_depth(text, levels)


def test_brackets_in_strings_hide_no_depth():
    assert may_exceed_depth(b'["]", ["]", [], "["], "["]', 1)
    assert may_exceed_depth(b'["\\"]", ["\\"]", [], "["], "["]', 1)


def test_no_false_positive():
    plain = json.dumps({"a": [1, 2.5, {"b": ["x" * 1000, 10**17, 1e-7]}]}).encode()
    assert not may_contain_huge_number(plain)
    assert not may_contain_lone_surrogate(plain)
    assert not may_exceed_depth(plain, 4)
    assert may_exceed_depth(plain, 3)
