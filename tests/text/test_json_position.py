"""A pointer is shown at the very text of its value, however the file is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aind_lint.text.json_position import join_pointer, line_and_column, locate, resolve, split_pointer

keys = st.text(st.sampled_from('ab~/"\\ {}[]:,é\u2028😀01'), max_size=4)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | keys
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4))
styles = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 3, "\t"]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([None, (",", ":"), (" , ", " : "), ("\r\n,", ":\r\n")]),
    }
)


def pointers_in(data: Any, parts: tuple[str | int, ...] = ()) -> list[str]:
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [join_pointer(parts)] + [pointer for key, value in members for pointer in pointers_in(value, (*parts, key))]


@settings(deadline=None)
@given(values, styles)
def test_the_span_of_a_pointer_holds_the_value_it_resolves_to(data, style):
    text = json.dumps(data, **style)
    for pointer in pointers_in(data):
        span = locate(text, pointer)
        assert json.loads(text[span.start : span.end]) == resolve(data, pointer)


@settings(deadline=None)
@given(st.text() | st.text('{}[]",:0a\\ ntrue'), st.text("/~01ab"))
def test_no_text_and_no_pointer_raises(text, pointer):
    span = locate(text, "/" + pointer)
    assert 0 <= span.start < span.end


@settings(deadline=None)
@given(values, styles, st.data())
def test_a_text_that_breaks_off_does_not_raise(data, style, draw):
    text = json.dumps(data, **style)
    cut = draw.draw(st.integers(0, len(text)))
    for pointer in pointers_in(data):
        locate(text[:cut], pointer)


@settings(deadline=None)
@given(st.lists(st.text()))
def test_pointers_are_split_as_they_were_joined(parts):
    assert split_pointer(join_pointer(parts)) == parts


@pytest.mark.parametrize(
    ("text", "pointer", "shown"),
    [
        ('{"a": {"b": 1}}', "/a/c", '"a"'),
        ('{"a": {"b": 1}}', "/a/b/c", '"b"'),
        ('{"a": {"b": 1}}', "/x/y", "{"),
        (' [1, {"b": 2}]', "/1/c", "{"),
        ("[1, 2]", "/2", "["),
        ("[1, 2]", "/x", "["),
        ('{"a/b": {"~": 1}}', "/a~1b/x", '"a/b"'),
    ],
    ids=["last part", "below a scalar", "first part", "in a list", "past the end", "no index", "escaped"],
)
def test_a_missing_member_is_shown_at_the_nearest_one_that_exists(text, pointer, shown):
    span = locate(text, pointer)
    assert text[span.start : span.end] == shown


def test_of_duplicate_keys_the_last_is_shown_as_readers_take_it():
    text = '{"a": 1, "a": 2}'
    span = locate(text, "/a")
    assert span.start == text.index("2")


def test_a_key_written_with_escapes_is_found():
    text = r'{"\u0061": 1}'
    assert text[locate(text, "/a").start] == "1"


@pytest.mark.parametrize("pointer", ["/a/x", "/a/-1", "/a/2", "/b", "/a/0/c"])
def test_resolving_what_is_not_there_is_a_lookup_error(pointer):
    with pytest.raises(LookupError):
        resolve({"a": [1, 2]}, pointer)


def test_lines_and_columns_count_from_one_and_in_characters():
    text = 'ab\r\n"é😀": 1\n'
    assert line_and_column(text, 0) == (1, 1)
    assert line_and_column(text, text.index("1")) == (2, 7)
    assert line_and_column(text, len(text)) == (3, 1)


@settings(deadline=None)
@given(st.text("a\r\né"), st.data())
def test_line_and_column_lead_back_to_the_offset(text, draw):
    offset = draw.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, offset)
    assert sum(len(before) + 1 for before in text.split("\n")[: line - 1]) + column - 1 == offset
