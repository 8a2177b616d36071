"""The last line of a report, and the lines about what was not checked."""

from __future__ import annotations

import click
import pytest

from aind_lint.finding import (
    ALREADY_PUBLISHED,
    NO_BUCKET,
    NO_DATA,
    AssetReport,
    Finding,
    NotChecked,
    Report,
    Severity,
    Skipped,
)
from aind_lint.report.formats import render
from aind_lint.report.summary import summary


def _asset(*severities: Severity, name: str | None = "a") -> AssetReport:
    asset = AssetReport("a", name, "raw", "2.x", [], "candidate", 412, 83_100_000_000, 61)
    asset.findings = [Finding("CON103", "x", severity, "no", why="why", fix="fix") for severity in severities]
    return asset


def test_success() -> None:
    ready = "Ready to publish to s3://aind-open-data (412 files, 83.1 GB)."
    report = Report([_asset()], bucket="s3://aind-open-data")
    assert summary(report) == f"1 asset, 61 rules, 0 findings. {ready}"


def test_without_a_bucket() -> None:
    report = Report([_asset()])
    report.assets[0].not_checked = [NotChecked(f"IMM10{number}", NO_BUCKET) for number in range(6)]
    assert summary(report) == "1 asset, 61 rules, 0 findings; 6 rules not checked (no bucket given)."
    assert summary(report, verbose=True) == summary(report)


def test_several_causes_are_one_sentence() -> None:
    report = Report([_asset(Severity.ERROR)])
    report.assets[0].not_checked = [
        *(NotChecked(f"IMM10{number}", NO_BUCKET) for number in range(9)),
        *(NotChecked("SCH201", "the file could not be read", f"{number}.json") for number in range(7)),
        NotChecked("LAY101", NO_DATA),
    ]
    line = "1 asset: 1 error, 0 warnings. Not checked: 11 rules (9 need --bucket, 1 needs the data)."
    assert summary(report, verbose=True) == line
    assert summary(report) == f"{line} Details: --verbose."


@pytest.mark.parametrize(
    ("severities", "line"),
    [
        ([Severity.ERROR, Severity.ERROR, Severity.WARNING], "1 asset: 2 errors, 1 warning."),
        ([Severity.INFO], "1 asset: 0 errors, 0 warnings, 1 info."),
        ([Severity.INFO, Severity.INFO], "1 asset: 0 errors, 0 warnings, 2 infos."),
    ],
)
def test_counts(severities: list[Severity], line: str) -> None:
    assert summary(Report([_asset(*severities)])) == line


def test_other_kinds_of_targets() -> None:
    assert summary(Report([_asset(name=None)])) == "1 sidecar, 61 rules, 0 findings."
    report = Report([_asset(), _asset(), _asset(name=None)], ignored=2)
    assert summary(report) == "2 assets and 1 sidecar (2 folders without an asset ignored), 61 rules, 0 findings."


def test_published_already() -> None:
    report = Report([_asset()], bucket="s3://b")
    report.assets[0].findings = [Finding(ALREADY_PUBLISHED, "x", Severity.INFO, "no", why="why", fix="fix")]
    assert summary(report).endswith("0 findings. Already published in s3://b with the same content.")


@pytest.mark.parametrize("format_", ["text", "concise", "markdown"])
def test_checks_that_could_not_be_made_are_one_line_per_reason(format_: str) -> None:
    asset = _asset()
    asset.not_checked = [
        *(NotChecked(f"CON10{number}", "the file could not be read", "a.json") for number in range(9)),
        NotChecked("CON201", "the file could not be read", "b.json"),
        NotChecked("CON301", "too large"),
        NotChecked("IMM101", NO_BUCKET),
    ]
    text = click.unstyle(render(format_, Report([asset]))).replace("\\", "")
    assert text.count("not checked: ") == 2
    assert "10 rules for a.json, b.json (the file could not be read)" in text
    assert "1 rule (too large)" in text
    assert "CON1" not in text and "IMM" not in text
    verbose = click.unstyle(render(format_, Report([asset]), verbose=True)).replace("\\", "")
    assert all(f"CON10{number}" in verbose for number in range(9))
    assert "IMM101 (no bucket given)" in verbose


@pytest.mark.parametrize(
    ("skipped", "line"),
    [
        ([("CON104", ("NAM101",)), ("CON105", ("NAM101", "NAM102"))], "2 rules wait until the name is right"),
        ([("CON104", ("CON103",))], "1 rule waits until CON103 passes"),
        ([("CON104", ("CON103",)), ("CON106", ("SID104",))], "2 rules wait until the errors above are fixed"),
        ([("CON104", tuple(f"CON10{n}" for n in range(4)))], "1 rule waits until the errors above are fixed"),
    ],
)
def test_rules_that_wait_for_others_are_one_line(skipped: list[tuple[str, tuple[str, ...]]], line: str) -> None:
    asset = _asset(Severity.ERROR)
    asset.skipped = [Skipped(rule, because) for rule, because in skipped]
    assert f"not checked: {line}\n" in click.unstyle(render("text", Report([asset])))
    verbose = click.unstyle(render("text", Report([asset]), verbose=True))
    assert all(rule in verbose for rule, _ in skipped)
