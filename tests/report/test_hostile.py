"""No content of an asset can harm, mislead or flood a reader of any output."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree

import click
import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aind_lint import check
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree
from aind_lint.finding import (
    AssetReport,
    Finding,
    Location,
    NotChecked,
    Report,
    RuleCrash,
    Severity,
    Skipped,
    Suppressed,
)
from aind_lint.report.formats import FORMATS, render
from aind_lint.report.statistics import render_statistics
from aind_lint.report.suppressed import render_suppressed
from aind_lint.text.sanitize import display_width, escape_surrogates, sanitize, truncate
from tests.cli.run_command import edited, run
from tests.report.test_formats import SARIF
from tests.report.test_json import report_of

pytestmark = pytest.mark.slow  # whole publications, or many generated assets

#: Control characters but the newline; bidirectional overrides and isolates; invisible characters.
_RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_EVIL = "\x1b[2J\x1b]0;owned\x07\r\n\t::error::owned\u202egnp.\u2066x\u200b\x7f\x9b31m ##[add-mask]a"
_EVIL += "<script>alert(1)</script> [a](http://b.example) ![i](//c) | `d` **e** @team #12 GH-7 www.f.example ]]> &amp;"
_HUGE = "x" * 3_000_000


def _assert_harmless(folder: Path, path: str = ".", limit: int = 60_000) -> dict[str, Any]:
    """Check and report in every format, without our own colors, which would hide others; the JSON report."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        report = check([path])
    finally:
        os.chdir(before)
    with patch.object(click, "style", lambda text, **style: text):
        rendered = {format_: render(format_, report) for format_ in FORMATS}
    for output in rendered.values():
        assert not _RAW.search(output), repr(_RAW.search(output))
        assert len(output) < limit
        output.encode("utf-8")
    for format_ in set(FORMATS) - {"github"}:
        assert not re.search(r"(?m)^\s*::|##\[", rendered[format_]), format_
    for format_ in ("json", "jsonl", "sarif"):
        assert rendered[format_].isascii()
    _assert_readable(rendered, sum(len(asset.findings) for asset in report.assets))
    content: dict[str, Any] = report_of(rendered["json"])
    json.dumps(content, ensure_ascii=False).encode("utf-8")
    assert not any(asset.crashes for asset in report.assets)
    return content


def _assert_readable(rendered: dict[str, str], findings: int, crashes: int = 0) -> None:
    """Each format is still what it is, and holds nothing but what we put there."""
    commands = [line for line in rendered["github"].splitlines() if "::" in line.lstrip()[:2]]
    assert len(commands) == findings + crashes
    assert all(re.fullmatch(r"::(error|warning|notice) [^:]*::.*", line) for line in commands)
    jsonschema.Draft4Validator(SARIF).validate(json.loads(rendered["sarif"]))
    assert all(json.loads(line) for line in rendered["jsonl"].splitlines())
    assert ElementTree.fromstring(rendered["junit"]).get("name") == "aind-lint"
    _assert_markdown_is_plain(rendered["markdown"])
    page = _Page()
    page.feed(rendered["html"])
    assert page.tags["script"] == page.tags["style"] == 1
    assert page.tags["article"] == findings
    assert set(page.tags) <= _TAGS


_TAGS = {
    "html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "article", "h1", "h2", "h3",
    "h4", "h5", "p", "a", "div", "span", "strong", "code", "pre", "mark", "dl", "dt", "dd", "ul", "li", "details",
    "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "button", "input", "label", "svg", "rect",
}  # fmt: skip


class _Page(HTMLParser):
    """Counts the elements of a page, and refuses attributes that could run or fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        assert not any(name.startswith("on") or name in ("src", "style", "action") for name, _ in attrs)
        links = [value or "" for name, value in attrs if name == "href"]
        assert all(re.fullmatch(r"#(content|asset-[0-9]+)|https://github\.com/[\w./-]+\.md", link) for link in links)


def _assert_markdown_is_plain(rendered: str) -> None:
    """As GitHub reads it: no link, no image, no markup but our headings, tables and lists, no mention."""
    pending, kinds = MarkdownIt("gfm-like").parse(rendered), set()
    while pending:
        token = pending.pop()
        kinds.add(token.type.removesuffix("_open").removesuffix("_close"))
        pending += token.children or []
        if token.type == "html_inline":
            assert token.content == "<!-- -->"
        if token.type == "text":
            assert not re.search(r"@\w|https?:/|www\.\w|GH-\d", token.content), token.content
    ours = {"heading", "paragraph", "bullet_list", "list_item", "strong", "inline", "text", "html_inline", "softbreak"}
    assert kinds <= ours | {"table", "thead", "tbody", "tr", "th", "td", "text_special"}, kinds


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_hostile_names_of_folders_and_files(tmp_path: Path) -> None:
    evil = _EVIL.replace("/", "|")
    tree = base_tree("raw-2x")
    tree.name = f"::error::{evil}_123456_2022-12-12_05-06-07"
    tree.files |= {f"ecephys/{evil}\x1b[31m.dat": b"", f"{evil}.json": b"{", "ecephys/::error::": b""}
    tree.links["ecephys/\x1b]8;;evil\x07"] = "/etc/\x1bpasswd"
    tree.write(tmp_path)
    assert _assert_harmless(tmp_path)["assets"][0]["name"] == tree.name
    _assert_harmless(tmp_path, f"{tree.name}")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are not UTF-8")
@pytest.mark.slow
def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    tree = base_tree("raw-2x")
    tree.name = "123456_2022-12-12_05-06-07_\udcff\udc80"
    tree.files["ecephys/\udce9.dat"] = b""
    tree.write(tmp_path)
    assert "\\udcff" in _assert_harmless(tmp_path)["assets"][0]["name"]
    done = run(tmp_path, "name", tree.name, "--format", "json")
    assert "\\\\udcff" in done.stdout
    done = run(tmp_path, "publish", tree.name, "--to", "./bucket", "--yes")
    assert done.returncode == 1


_FIELDS = [
    ("raw-2x", "subject.json", "subject_id"),
    ("raw-2x", "data_description.json", "name"),
    ("raw-2x", "data_description.json", "schema_version"),
    ("raw-2x", "data_description.json", "data_level"),
    ("raw-2x", "data_description.json", "object_type"),
    ("raw-2x", "acquisition.json", "acquisition_start_time"),
    ("derived-2x", "data_description.json", "source_data"),
    ("founding-raw-0x", "data_description.json", "describedBy"),
    ("founding-raw-0x", "data_description.json", "creation_time"),
]


def _with_value(value: str) -> list[tuple[str, Callable[[], Tree]]]:
    made: list[tuple[str, Callable[[], Tree]]] = [
        (f"{field} of {base}", lambda base=base, file=file, field=field: edited(base, file, **{field: value}))  # type: ignore[misc]
        for base, file, field in _FIELDS
    ]
    modality = [{"name": value, "abbreviation": value}]
    made.append(("modality", lambda: edited("raw-2x", "data_description.json", modalities=modality)))
    made.append(("old modality", lambda: edited("founding-raw-1x", "data_description.json", modality=modality, name=1)))
    made.append(("field", lambda: edited("raw-2x", "subject.json", **{value: 1})))
    made.append(("source", lambda: edited("derived-2x", "data_description.json", source_data=[value])))
    return made


@pytest.mark.parametrize(("what", "make"), _with_value(_EVIL), ids=lambda made: made if isinstance(made, str) else "")
def test_hostile_values(what: str, make: Callable[[], Tree], tmp_path: Path) -> None:
    make().write(tmp_path)
    _assert_harmless(tmp_path)


@pytest.mark.parametrize(("what", "make"), _with_value(_HUGE), ids=lambda made: made if isinstance(made, str) else "")
def test_huge_values(what: str, make: Callable[[], Tree], tmp_path: Path) -> None:
    tree = make()
    for key, content in tree.files.items():
        if key.endswith(".json") and isinstance(content, bytes):
            tree.files[key] = json.dumps(json.loads(content), separators=(",", ":")).encode()  # all on one line
    tree.write(tmp_path)
    _assert_harmless(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b'"' + 4 * _HUGE.encode() + b'"',
        b'{"' + _HUGE.encode() + b'": 1, "' + _HUGE.encode() + b'": 2}',
        b'{"a": ' + b"1" * 500_000 + b"}",
        b'{"a": "' + _HUGE.encode(),
        b"[" * 200_000,
        b"\x00\x1b" * 1_000_000,
        _HUGE.encode("utf-16"),
    ],
    ids=["string", "duplicate", "number", "unfinished", "nested", "binary", "utf-16"],
)
def test_huge_files(content: bytes, tmp_path: Path) -> None:
    tree = base_tree("raw-2x")
    tree.files["subject.json"] = content
    tree.write(tmp_path)
    _assert_harmless(tmp_path)


def test_very_many_findings_stay_readable(tmp_path: Path) -> None:
    tree = edited("raw-2x", "subject.json", **{f"field_{number}": 1 for number in range(5000)})
    tree.files |= {f"copy {number}/data_description.json": b"{}" for number in range(300)}
    tree.write(tmp_path)
    _assert_harmless(tmp_path, limit=1_000_000)


_ANY_TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(
    [
        "::error::x",
        "##[x",
        "\x1b[2J",
        "</script>",
        "<!--",
        "{{7*7}}",
        "{% x %}",
        "]]>",
        "`",
        "|",
        "@a",
        "http://a.b",
        "#1",
        "\udc80",
    ]
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_ANY_TEXT, min_size=9, max_size=9))
@example(["/\ud800"] * 9)
@pytest.mark.slow
def test_any_text_in_any_field_stays_text(texts: list[str]) -> None:
    path, file, pointer, message, found, fix, why, excerpt, reason = texts
    place = Location(file or "x", pointer, 1, 1, excerpt, 0, max(1, len(excerpt)))
    finding = Finding("CON103", "subject-mismatch", Severity.ERROR, message, place, found, found, why, fix, (place,))
    asset = AssetReport(path, path, None, None, [found], "candidate", 1, 1, default_file=file or None)
    asset.findings = [finding, replace(finding, location=Location())]
    asset.suppressed.append(Suppressed(finding, reason))
    asset.not_checked.append(NotChecked("SCH201", reason, file))
    asset.skipped.append(Skipped("CON104", ("CON103",)))
    asset.crashes.append(RuleCrash("SID101", message, ""))
    report = Report([asset], bucket=path, configuration=path, configuration_findings=[finding])
    with patch.object(click, "style", lambda text, **style: text):
        rendered = {format_: render(format_, report, verbose=True) for format_ in FORMATS}
        rendered |= {"suppressed": render_suppressed(report), "statistics": render_statistics(report)}
        rendered["narrow text"] = render("text", report, width=40)
    for format_, output in rendered.items():
        assert not _RAW.search(output)
        assert format_ == "github" or not re.search(r"(?m)^\s*::|##\[", output)
    _assert_readable(rendered, 3, crashes=1)
    loaded = json.loads(rendered["json"])["assets"][0]["findings"][0]
    assert loaded["message"] == escape_surrogates(message)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202e", "\\u202e"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("::error::", "\\x3a:error::"),
        ("##[error]", "\\x23#[error]"),
        ("a:b #1 ## c", "a:b #1 ## c"),
        ("μ鼠🐁é", "μ鼠🐁é"),
    ],
)
def test_sanitize(written: str, shown: str) -> None:
    assert sanitize(written) == shown
    assert sanitize(shown) == shown


def test_crop_shows_the_original_length() -> None:
    assert truncate("abc", 3) == "abc"
    assert truncate("abcd", 3) == "abc… (4 characters)"
    assert sanitize("x" * 5000).endswith("x… (5,000 characters)")


def test_escape_surrogates_keeps_what_utf8_can_hold() -> None:
    assert escape_surrogates("é🐁\udcff\x1b") == "é🐁\\udcff\x1b"


def test_width_counts_columns() -> None:
    assert [display_width(word) for word in ("abc", "鼠", "e\u0301")] == [3, 2, 1]
