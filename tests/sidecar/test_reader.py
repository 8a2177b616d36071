"""Reading a sidecar: every fault has a code and a place, and no bytes make the reader slow or raise."""

from __future__ import annotations

import json
from typing import get_args, get_type_hints

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aind_lint.checks.sidecars.sidecar_readable import Options
from aind_lint.sidecar.kinds import KINDS
from aind_lint.sidecar.reader import MAX_SIZE, oversized_sidecar, read_sidecar
from tests.hostile_input import HOSTILE_SIDECARS

CODES = get_args(get_type_hints(Options)["problem"])

FAULTS = [
    pytest.param(b"", "not-json", None, None, "empty", id="empty"),
    pytest.param(b" \r\n\t", "not-json", None, None, "white space", id="white space"),
    pytest.param(b'{"a": 1', "not-json", 1, 8, "ends too early", id="cut off"),
    pytest.param(b'{"a":\r\n "b', "not-json", 2, 2, "cut off", id="cut off in a string"),
    pytest.param(b'{"a": 1}\n{"b": 2}', "not-json", 2, 1, "after the end", id="two objects"),
    pytest.param(b"{'a': 1}", "not-json", 1, 2, "double quotes", id="single quotes"),
    pytest.param(b'{\n  // note\n  "a": 1}', "not-json", 2, 3, "comments", id="comment"),
    pytest.param(b'{"a": "x\ny"}', "not-json", 1, 9, "control character", id="line break in a string"),
    pytest.param(b'{"a" 1}', "not-json", 1, 6, "expecting ':' delimiter", id="no colon"),
    pytest.param(b'{"a": True}', "not-json", 1, 7, "expecting value", id="Python's True"),
    pytest.param(b'{"n": "\r\nM\xfcller"}', "not-utf8", 2, 2, "'ü' in Windows-1252", id="Windows-1252"),
    pytest.param(b'{"n": "\x81"}', "not-utf8", 1, 8, "byte 0x81 is not UTF-8", id="no known encoding"),
    pytest.param('{"a": 1}'.encode("utf-16"), "not-utf8", 1, 1, "UTF-16", id="UTF-16"),
    pytest.param('{"a": 1}'.encode("utf-16-le"), "not-utf8", 1, 1, "UTF-16", id="UTF-16 without a mark"),
    pytest.param(rb'{"a": "\ud83d"}', "not-utf8", 1, 8, r"\ud83d is half", id="lone surrogate"),
    pytest.param(rb'{"\ude00": 1}', "not-utf8", 1, 3, r"\ude00 is half", id="lone surrogate in a key"),
    pytest.param(rb'{"a": "\\ud83d\ude00"}', "not-utf8", 1, 15, r"\ude00 is half", id="half after a backslash"),
    pytest.param(rb'{"a": "\\ud83d", "b": "\ud83d"}', "not-utf8", 1, 24, r"\ud83d is half", id="backslash, then half"),
    pytest.param(b'\xef\xbb\xbf{"a": 1}', "byte-order-mark", 1, 1, "BOM", id="byte order mark"),
    pytest.param(b'{"a": 1,\n "b": {"a": 2},\n "a": 3}', "duplicate-key", 3, 2, '"a" occurs twice', id="duplicate"),
    pytest.param(rb'{"b": 1, "\u0062": 2}', "duplicate-key", 1, 10, '"b" occurs twice', id="duplicate in escapes"),
    pytest.param(b'{"c": "NaN",\n "a": [NaN, NaN]}', "not-a-number", 2, 8, "2 times", id="NaN"),
    pytest.param(b'{"a": -Infinity}', "not-a-number", 1, 7, "-Infinity", id="infinity"),
    pytest.param(b'{"a": 9223372036854775808}', "huge-number", 1, 7, "signed 64-bit integer", id="65 bits"),
    pytest.param(b'{"a": -9223372036854775809}', "huge-number", 1, 7, "-9223372036854775809", id="negative"),
    pytest.param(b'{"a": 1E400}', "huge-number", 1, 7, "does not fit into a 64-bit float", id="beyond a double"),
    pytest.param(b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "too-deep", None, None, "101 levels", id="deep"),
    pytest.param(b"\n  [1]", "not-an-object", 2, 3, "an array", id="array"),
    pytest.param(b"null", "not-an-object", 1, 1, "null", id="null"),
    pytest.param(b"12", "not-an-object", 1, 1, "a number", id="number"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "code", "line", "column", "message"), FAULTS)
def test_a_fault_is_reported_with_its_place(raw, code, line, column, message):
    (problem,) = read_sidecar("subject.json", raw).problems
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert message in problem.message


@pytest.mark.parametrize("raw", [b'{"a": 1,}', b'{"a": [1,\n]}', b'{"a": 1,\n\n}'])
def test_a_trailing_comma_is_reported_as_such(raw):
    (problem,) = read_sidecar("subject.json", raw).problems
    assert (problem.code, problem.message) == ("not-json", "not JSON: there is a comma before the closing bracket")


def test_every_code_is_produced_and_has_a_rule():
    reported = {param.values[1] for param in FAULTS} | {oversized_sidecar("subject.json", 1).problems[0].code}
    assert reported == set(CODES)


def test_an_oversized_file_is_reported_with_its_size():
    sidecar = oversized_sidecar("subject.json", MAX_SIZE + 1)
    assert sidecar.data is None
    assert f"{MAX_SIZE + 1:,} bytes" in sidecar.problems[0].message


def test_data_with_harmless_faults_is_readable():
    sidecar = read_sidecar("subject.json", b'\xef\xbb\xbf{"a": NaN, "b": 1, "b": 2, "c": "\\ud800", "d": 1e999}')
    assert [p.code for p in sidecar.problems] == [
        "byte-order-mark",
        "duplicate-key",
        "not-a-number",
        "huge-number",
        "not-utf8",
    ]
    assert sidecar.data is not None and sidecar.data["b"] == 2


def test_the_bytes_are_unchanged():
    raw = b'\xef\xbb\xbf{"a": 1}\r\n'
    assert read_sidecar("subject.json", raw).raw == raw


def test_the_same_key_in_different_objects_is_no_duplicate():
    assert not read_sidecar("subject.json", b'{"a": {"a": [{"a": 1}, {"a": 2}]}, "b": "a", "c": "a"}').problems


@pytest.mark.parametrize("text", [r'"\ud83d\ude00"', r'"\\ud83d"', r'"\\\\ude00"', r'"\ud83d\ude00\ud83d\ude01"'])
def test_whole_pairs_and_escaped_backslashes_are_no_lone_surrogates(text):
    assert not read_sidecar("subject.json", b'{"a": %b}' % text.encode()).problems


@settings(deadline=None)
@given(st.text('\\ud83e0"/n', max_size=24).map(lambda text: f'{{"a": "{text}"}}'))
@example(r'{"a": "\\ud83d\ude00"}')
def test_lone_surrogates_are_reported_when_and_only_when_the_text_holds_one(text):
    sidecar = read_sidecar("subject.json", text.encode())
    if sidecar.data is not None:
        alone = any("\ud800" <= character <= "\udfff" for character in sidecar.data["a"])
        assert ("not-utf8" in [problem.code for problem in sidecar.problems]) is alone


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_raise(raw):
    sidecar = read_sidecar("subject.json", raw)
    assert sidecar.data is not None or sidecar.problems


int64 = st.integers(-(2**63), 2**63 - 1)
characters = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | int64 | st.floats(allow_nan=False, allow_infinity=False) | characters
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(characters, inner, max_size=4)
)
objects = st.dictionaries(characters, values, max_size=6)


@settings(deadline=None)
@given(objects, st.sampled_from([None, 2]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_what_json_writes_strictly_reads_without_a_problem(data, indent, ascii_only, line_end):
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only, allow_nan=False)
    sidecar = read_sidecar("subject.json", text.replace("\n", line_end).encode())
    assert sidecar.problems == ()
    assert sidecar.data == data


@settings(deadline=None)
@given(objects, st.data())
def test_broken_json_has_a_place_in_the_file(data, draw):
    raw = bytearray(json.dumps(data, indent=1).encode())
    for _ in range(draw.draw(st.integers(1, 3))):
        raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    sidecar = read_sidecar("subject.json", bytes(raw))
    for problem in sidecar.problems:
        assert problem.code in CODES
        if problem.line is not None and sidecar.text:
            assert problem.line <= len(sidecar.lines)
            assert problem.column is not None and problem.column <= len(sidecar.lines[problem.line - 1]) + 1


@pytest.mark.parametrize("name", ["brackets", "nested objects"])
def test_a_million_brackets_are_too_deep(name):
    (problem,) = read_sidecar("subject.json", HOSTILE_SIDECARS[name]()).problems
    assert problem.code == "too-deep"


@pytest.mark.parametrize("name", HOSTILE_SIDECARS)
def test_hostile_text_is_read(name):
    sidecar = read_sidecar("subject.json", HOSTILE_SIDECARS[name]())
    assert sidecar.problems or name == "string of quotes", "only that one is valid"


def test_one_key_twice_in_many_objects_is_one_problem():
    (problem,) = read_sidecar("subject.json", HOSTILE_SIDECARS["equal keys in many objects"]()).problems
    assert (problem.code, problem.column) == ("duplicate-key", 21)


def test_the_first_duplicate_keys_are_reported_and_the_rest_counted():
    problems = read_sidecar("subject.json", HOSTILE_SIDECARS["equal keys in one object"]()).problems
    assert [(p.line, p.found) for p in problems[:20]] == [(2 * i + 2, f"k{i}") for i in range(20)]
    assert problems[20:] == (problems[-1],)
    assert problems[-1].message == "99,980 more keys occur twice in one object"


def test_the_first_huge_numbers_are_reported_and_the_rest_counted():
    problems = read_sidecar("subject.json", HOSTILE_SIDECARS["huge numbers"]()).problems
    assert [p.line for p in problems[:20]] == list(range(3, 23))
    assert problems[20:] == (problems[-1],)
    assert problems[-1].message == "99,980 more numbers do not fit into 64 bits"


def test_many_not_a_numbers_are_one_problem():
    (problem,) = read_sidecar("subject.json", HOSTILE_SIDECARS["not a number"]()).problems
    assert problem.message == "NaN is not JSON (it occurs 100,000 times)"


def test_a_number_inside_a_string_or_another_number_is_not_located():
    sidecar = read_sidecar("subject.json", b'{"1e999": "1e999 NaN",\n"a": 11e999, "b": [1e999]}')
    assert [(p.found, p.line, p.column) for p in sidecar.problems] == [("11e999", 2, 6), ("1e999", 2, 20)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_follows_from_the_file_name(kind):
    assert read_sidecar(f"folder/{kind}.json", b"{}").kind == kind


def test_the_same_file_of_several_assets_is_parsed_once():
    raw = b'{"a": {"b": [1]}}'
    assert read_sidecar("subject.json", raw) is read_sidecar("subject.json", bytes(bytearray(raw)))
    assert read_sidecar("subject.json", raw) is not read_sidecar("instrument.json", raw)
    assert read_sidecar("subject.json", raw).data != read_sidecar("subject.json", raw.replace(b"1", b"2")).data
