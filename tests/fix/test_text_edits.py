"""Random JSON texts with planted faults: only the fault goes, and every other character stays."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aind_lint.fix.text_edits import TextEdit, apply_edits, find_duplicates, remove_trailing_commas
from aind_lint.text.json_scanner import json_values

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NUMBER = st.sampled_from(["0", "-1", "1.50", "1E3", "-0.0", "12345678901234567890", "NaN", "Infinity"])
_SPACE = st.sampled_from(["", " ", "\n", "\r\n  ", "\t"])
_KEYS = st.lists(_TEXT, max_size=4, unique=True)


@st.composite
def _json_text(draw: st.DrawFn, depth: int = 3) -> str:
    """A JSON text, as no serializer would write it."""
    space = draw(_SPACE)
    kind = draw(st.sampled_from(["number", "text", "word", "array", "object"] if depth else ["number", "text", "word"]))
    if kind == "number":
        return draw(_NUMBER)
    if kind == "text":
        return json.dumps(draw(_TEXT), ensure_ascii=draw(st.booleans()))
    if kind == "word":
        return draw(st.sampled_from(["true", "false", "null"]))
    if kind == "array":
        items = draw(st.lists(_json_text(depth - 1), max_size=3))
        return f"[{space}{f'{space},{space}'.join(items)}{space}]"
    members = [f"{json.dumps(key)}{space}:{space}{draw(_json_text(depth - 1))}" for key in draw(_KEYS)]
    return f"{{{space}{f',{space}'.join(members)}{space}}}"


_OBJECTS = _json_text().map(lambda text: f'{{"a": {text}, "list": [{text}], "b": {{"c": {text}}}}}')


@given(_OBJECTS)
def test_values_are_where_a_parser_finds_them(text: str) -> None:
    data = json.loads(text)
    for value in json_values(text):
        inner = data
        for part in value.path:
            inner = inner[part]
        assert _same(json.loads(text[value.start : value.end]), inner)


@given(_OBJECTS, st.data())
def test_trailing_commas_alone_are_removed(text: str, data: st.DataObject) -> None:
    ends = [value.end - 1 for value in json_values(text) if text[value.start] in "[{" and _is_filled(text, value)]
    planted = data.draw(st.lists(st.sampled_from(ends), min_size=1, unique=True))
    space = data.draw(_SPACE)
    broken = apply_edits(text, [TextEdit(end, end, f",{space}") for end in planted])
    fixed = apply_edits(broken, remove_trailing_commas(broken))
    assert _same(json.loads(fixed), json.loads(text))
    assert fixed == apply_edits(text, [TextEdit(end, end, space) for end in planted])


@given(_OBJECTS, st.data())
def test_equal_duplicates_alone_are_removed(text: str, data: st.DataObject) -> None:
    objects = [value for value in json_values(text) if text[value.start] == "{" and _is_filled(text, value)]
    chosen = data.draw(st.sampled_from(objects))
    members = [
        value
        for value in json_values(text)
        if value.path[:-1] == chosen.path and len(value.path) == len(chosen.path) + 1
    ]
    repeated = data.draw(st.sampled_from(members))
    member = f"{json.dumps(repeated.path[-1])}: {text[repeated.start : repeated.end]}"
    broken = apply_edits(text, [TextEdit(chosen.end - 1, chosen.end - 1, f",\n {member}")])
    found = find_duplicates(broken)
    assert found.keys == {repeated.path[-1]}
    assert apply_edits(broken, found.edits) == text


@given(_OBJECTS, st.sampled_from(["x", "}", "[", '"', ",,", "//"]), st.data())
def test_a_text_with_another_fault_stays(text: str, fault: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text)))
    broken = text[:position] + fault + text[position:]
    try:
        json.loads(broken)
    except ValueError:
        fixed = apply_edits(broken, remove_trailing_commas(broken))
        assert fixed == broken or _same(json.loads(fixed), json.loads(text)) or fault == ",,"


def _is_filled(text: str, value: Any) -> bool:
    return bool(text[value.start + 1 : value.end - 1].strip())


def _same(left: Any, right: Any) -> bool:
    """Whether two values are equal, with NaN equal to itself, and in type."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and left == right
