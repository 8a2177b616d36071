"""The grammar of names: every generation, every way to go wrong, any text at all.

`right_names.yaml` and `wrong_names.yaml` are the examples; a name added there is a test.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from aind_lint.asset.naming.asset_name import (
    AssetName,
    build_analyzed_name,
    build_derived_name,
    build_raw_name,
)
from aind_lint.asset.naming.grammar import MAX_LENGTH, parse_name
from aind_lint.asset.naming.name_timestamp import format_name_timestamp
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.checks.naming.name_grammar import Options
from tests.hostile_input import HOSTILE_NAMES

HERE = Path(__file__).parent
PARTS = ["form", "prefix", "subject_id", "acquired", "source", "label", "processed", "project", "analysis"]
CODES = get_args(get_type_hints(Options)["problem"])
TRANSITIONAL = "transitional-date-time"
LEVELS = [None, "raw", "derived", "simulated"]


def read_groups(file: str) -> list[tuple[str, str, dict[str, Any], Any]]:
    """Title of the group, name, group and expected parts, for each name in a file."""
    groups = yaml.safe_load((HERE / file).read_text(encoding="utf-8"))
    return [
        (title, name, group, expected) for title, group in groups.items() for name, expected in group["names"].items()
    ]


RIGHT = [
    pytest.param(name, group.get("level"), group["form"], parts, group.get("problems", []), id=f"{title}: {name}")
    for title, name, group, parts in read_groups("right_names.yaml")
]
WRONG = [
    pytest.param(
        name,
        own.get("level"),
        own.get("codes", group["codes"]),
        own["suggestion"],
        id=f"{title}: {name!a}",
    )
    for title, name, group, expected in read_groups("wrong_names.yaml")
    for own in [expected if isinstance(expected, dict) else {"suggestion": expected}]
]


# --- the examples


@pytest.mark.parametrize(("name", "level", "form", "parts", "problems"), RIGHT)
def test_correct_name(name: str, level: str | None, form: str, parts: dict[str, Any], problems: list[str]) -> None:
    parsed = parse_name(name, level)
    expected = {part: parts.get(part) for part in PARTS} | {"form": form}
    assert {part: getattr(parsed, part) for part in PARTS} == expected
    assert [problem.code for problem in parsed.problems] == problems


@pytest.mark.parametrize(("name", "level", "codes", "suggestion"), WRONG)
def test_wrong_name(name: str, level: str | None, codes: list[str], suggestion: str | None) -> None:
    parsed = parse_name(name, level)
    assert [problem.code for problem in parsed.problems] == codes
    assert parsed.problems[0].suggestion == suggestion
    check_problems(parsed, level)


def test_too_long() -> None:
    longest = "1" * (MAX_LENGTH - len("_2022-12-12_05-06-07")) + "_2022-12-12_05-06-07"
    assert parse_name(longest).problems == ()
    for name in ["1" + longest, longest * 100, "\n" * (MAX_LENGTH + 1)]:
        parsed = parse_name(name)
        assert [problem.code for problem in parsed.problems] == ["too-long"]
        assert f"{len(name):,} characters" in parsed.problems[0].message
        check_problems(parsed, None)


def test_every_code_has_examples() -> None:
    seen = Counter(code for parameters in WRONG for code in parameters.values[2])
    assert set(seen) | {"too-long"} == set(CODES)
    assert {code for code, count in seen.items() if count < 4} == set()


def test_every_prefix_has_an_example() -> None:
    assert {parameters.values[3].get("prefix") for parameters in RIGHT} >= VOCABULARY.prefixes


@pytest.mark.parametrize("file", ["right_names.yaml", "wrong_names.yaml"])
def test_example_files(file: str) -> None:
    text = (HERE / file).read_text(encoding="utf-8")
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    names = [name for _, name, _, _ in read_groups(file)]
    assert len(set(names)) == len(names)
    # YAML keeps the last of two equal keys and says nothing.
    assert len(re.findall(r"^    \S.*?:(?: |$)", text, re.MULTILINE)) == len(names)


# --- what holds for every text


def check_problems(parsed: AssetName, level: str | None) -> None:
    """Every message fits a line and shows nothing that could deceive; every suggestion is a right name."""
    for problem in parsed.problems:
        assert problem.code in CODES
        assert problem.message
        assert problem.message.isprintable(), problem.message
        assert len(problem.message) < 240, problem.message
        if problem.suggestion is not None:
            assert problem.suggestion != parsed.text
            assert parse_name(problem.suggestion, level).problems == ()


levels = st.sampled_from(LEVELS)
characters = st.characters(exclude_categories=())  # with lone surrogates
odd_characters = st.sampled_from("_-.:/\\ TZ+09aA\n\t\0\x1b\x85\x9b\xa0\xb2\u0662\u2013\u200b\u202e\uff3f\ud800\ue000")
dates = ["2022-12-12", "2022-13-31", "12-31-2022", "20221212", "2022-12-12_05-06-07", "2022-12-12T050607"]
times = ["05-06-07", "99-99-99", "050607", "Z", "-0800", "T", ".5"]
words = ["123456", "ecephys", "Ecephys", "icephys", "multiplane_ophys", "nwb", "dlc_face", ".zarr"]
fragments = st.one_of(st.sampled_from([*dates, *times, *words]), st.just("_"), odd_characters)


@given(st.one_of(st.text(characters), st.lists(fragments).map("".join)), levels)
@example("_".join(["2022-12-12_05-06-07"] * 12), None)
@example("".join(map(chr, range(128, 128 + MAX_LENGTH))), None)
@example("".join(map(chr, range(MAX_LENGTH))), None)
@example("123456_2022-12-12_05-06-07." + "9" * 200, None)
@example("_".join("abcdefgh" * 14) + "_2022-12-12_05-06-07", None)
@example("x" * 230 + "_123456_2022-12-12_05-06-07"[:25], "raw")
def test_any_text(text: str, level: str | None) -> None:
    parsed = parse_name(text, level)
    assert parsed.text == text
    # These two can be warnings, so a name without a form must have another problem.
    assert parsed.form is not None or {problem.code for problem in parsed.problems} - {"non-ascii", TRANSITIONAL}
    check_problems(parsed, level)


@given(st.data(), st.sampled_from([parameters.values[0] for parameters in RIGHT]), levels)
def test_correct_name_with_typing_errors(data: st.DataObject, name: str, level: str | None) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(name)))
        removed = data.draw(st.integers(0, 2))
        name = name[:start] + data.draw(st.one_of(st.just(""), odd_characters)) + name[start + removed :]
    check_problems(parse_name(name, level), level)


@given(st.text(characters, min_size=1))
def test_no_other_text_around_a_correct_name(text: str) -> None:
    """Upstream's expressions let a line break through, and anything at all after a derived name."""
    name = "123456_2022-12-12_05-06-07_nwb_2022-12-13_06-07-08"
    assert parse_name(name + text).problems
    assert parse_name(f"{name}\n{text}").problems
    assert parse_name(f"{text}\n{name}").problems


@given(*(st.integers(0, limit) for limit in (9999, 14, 33, 26, 62, 62)))
def test_dates_follow_the_calendar(year: int, month: int, day: int, hour: int, minute: int, second: int) -> None:
    parsed = parse_name(f"123456_{year:04}-{month:02}-{day:02}_{hour:02}-{minute:02}-{second:02}")
    try:
        expected = datetime(year, month, day, hour, minute, second)
    except ValueError:
        expected = None
    assert parsed.acquired == expected
    assert [problem.code for problem in parsed.problems] == ([] if expected else ["impossible-date-time"])


@given(st.datetimes(), st.sampled_from("\u0660\u06f0\u0966\u0e50\uff10\U0001d7ce"), st.integers(1, 0x3FFF))
def test_digits_of_other_scripts(time: datetime, zero: str, chosen: int) -> None:
    """Python's ``\\d`` and ``int`` accept them, but a search for ASCII digits does not find them."""
    timestamp = format_name_timestamp(time)
    places = [place for place, character in enumerate(timestamp) if character.isdigit()]
    characters = list(timestamp)
    for number, place in enumerate(places):
        if chosen >> number & 1:
            characters[place] = chr(ord(zero) + int(timestamp[place]))
    problems = parse_name("123456_" + "".join(characters)).problems
    assert [problem.code for problem in problems] == ["non-ascii", "malformed-date-time"]
    assert {problem.suggestion for problem in problems} == {f"123456_{timestamp}"}


# --- round trips


datetimes = st.datetimes().map(lambda time: time.replace(microsecond=0))


def is_sensible(token: str) -> bool:
    """Whether a token cannot be taken for another part: a date, a prefix, a prefix with a subject."""
    folded = token.casefold()
    return (
        any(character.isalnum() for character in token)
        and not re.match(r"(?:19|20)[0-9]{2}[-.]?[0-9]", token)
        and not any(re.fullmatch(rf"{prefix.casefold()}(?:[-.]?[0-9]{{6}})?", folded) for prefix in VOCABULARY.prefixes)
    )


tokens = st.text("abcxyzABCXYZ0123456789-.", min_size=1, max_size=24).filter(is_sensible)
subjects = st.one_of(st.integers(0, 10**6 - 1).map("{:06}".format), tokens)
prefixes = st.one_of(st.none(), st.sampled_from(sorted(VOCABULARY.prefixes)))


@given(subjects, datetimes, prefixes, levels)
def test_raw_round_trip(subject_id: str, acquired: datetime, prefix: str | None, level: str | None) -> None:
    name = build_raw_name(subject_id, acquired, prefix)
    expected = AssetName(name, "raw", prefix=prefix, subject_id=subject_id, acquired=acquired)
    assert parse_name(name, level) == expected


@given(subjects, datetimes, prefixes, tokens, datetimes, levels)
def test_derived_round_trip(
    subject_id: str, acquired: datetime, prefix: str | None, label: str, processed: datetime, level: str | None
) -> None:
    source = build_raw_name(subject_id, acquired, prefix)
    name = build_derived_name(source, label, processed)
    assert parse_name(name, level) == AssetName(
        name,
        "derived",
        prefix=prefix,
        subject_id=subject_id,
        acquired=acquired,
        source=source,
        label=label,
        processed=processed,
    )


@given(tokens.filter(lambda token: not token.isdigit()), tokens.filter(lambda token: not token.isdigit()), datetimes)
def test_analyzed_round_trip(project: str, analysis: str, processed: datetime) -> None:
    name = build_analyzed_name(project, analysis, processed)
    expected = AssetName(name, "analyzed", project=project, analysis=analysis, processed=processed)
    assert parse_name(name, "derived") == expected


@given(subjects, datetimes, tokens, datetimes)
def test_chained_names_are_anchored_again(subject_id: str, acquired: datetime, label: str, processed: datetime) -> None:
    source = build_raw_name(subject_id, acquired)
    chained = build_derived_name(build_derived_name(source, "first", acquired), label, processed)
    [problem] = parse_name(chained).problems
    assert problem.code == "daisy-chain"
    assert problem.suggestion == build_derived_name(source, label, processed)


@given(subjects, datetimes)
def test_short_lived_form_reads_as_the_lasting_one(subject_id: str, acquired: datetime) -> None:
    lasting = build_raw_name(subject_id, acquired)
    [problem] = parse_name(f"{subject_id}_{format_name_timestamp(acquired)[:10]}T{acquired:%H%M%S}").problems
    assert problem.code == TRANSITIONAL
    assert problem.suggestion == lasting


# --- names made to take long


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
def test_hostile_name_is_parsed(name: str) -> None:
    parsed = parse_name(name)
    assert parsed.problems or parsed.form
