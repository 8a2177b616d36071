"""Every format has all findings, in the form that its readers expect."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from aind_lint.examples.bases import base_tree
from aind_lint.finding import AssetReport, Finding, Location, NotChecked, Report, RuleCrash, Severity
from aind_lint.report.formats import FORMATS, render
from aind_lint.report.formats.github import render as github
from tests.cli.run_command import RAW_0X, RAW_2X, broken, run_here

SARIF = json.loads((Path(__file__).parent / "data/sarif-2.1.0.schema.json").read_text(encoding="utf-8"))


def _report(*severities: Severity, path: str = "a", file: str | None = "subject.json") -> Report:
    asset = AssetReport(path, "a", "raw", "2.x", [], "candidate", 1, 2, 3, default_file="data_description.json")
    asset.findings = [
        Finding(
            "CON103", "subject-mismatch", severity, f"no {number}", Location(file, "/x", 4, 17), why="why", fix="fix"
        )
        for number, severity in enumerate(severities)
    ]
    return Report([asset], packages={}, started="2026-01-01T00:00:00+00:00")


def _sarif(text: str) -> Any:
    content = json.loads(text)
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(content)
    (run,) = content["runs"]
    return run


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_names_every_finding(format_: str, tmp_path: Path) -> None:
    broken().write(tmp_path)
    done = run_here(tmp_path, "check", "--format", format_)
    assert (done.returncode, done.stderr) == (1, "")
    for rule in ("CON103", "SID104", "SID120", "SID201"):
        assert rule in done.stdout
    again = run_here(tmp_path, "check", "--format", format_)
    assert _without_time(again.stdout) == _without_time(done.stdout)


def _without_time(text: str) -> str:
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "<time>", text)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_renders_an_empty_report_and_a_crash(format_: str) -> None:
    assert render(format_, Report([]))
    report = _report()
    report.assets[0].crashes.append(RuleCrash("SCH201", "KeyError: 'x'", "Traceback"))
    report.assets[0].not_checked.append(NotChecked("SCH201", "it could not be read", "subject.json", True))
    rendered = render(format_, report)
    assert "KeyError" in rendered or format_ in ("json", "jsonl")
    assert "Traceback" not in rendered


def test_several_formats_at_once(tmp_path: Path) -> None:
    broken().write(tmp_path)
    done = run_here(tmp_path, "check", "--format", "concise", *(f"--format={name}=report.{name}" for name in FORMATS))
    assert done.returncode == 1
    assert "error[CON103]" in done.stdout
    assert all((tmp_path / f"report.{name}").stat().st_size for name in FORMATS)


def test_an_unknown_format_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    assert "did you mean 'sarif'?" in run_here(tmp_path, "check", "--format", "sariff").stderr


# --- SARIF


def test_sarif_is_valid_and_points_at_the_place(tmp_path: Path) -> None:
    broken().write(tmp_path / "deep")
    (tmp_path / ".git").mkdir()
    done = run_here(tmp_path / "deep", "check", "--format", "sarif")
    run = _sarif(done.stdout)
    (mismatch,) = [result for result in run["results"] if result["ruleId"] == "CON103"]
    physical = mismatch["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": f"deep/{RAW_0X}/subject.json", "uriBaseId": "%SRCROOT%"}
    assert physical["region"]["startLine"] > 1
    assert run["tool"]["driver"]["rules"][mismatch["ruleIndex"]]["id"] == "CON103"
    assert run["invocations"][0]["exitCode"] == 1
    missing = next(result for result in run["results"] if result["ruleId"] == "SID104")
    assert missing["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_sarif_is_deterministic_and_distinguishes_findings(tmp_path: Path) -> None:
    tree = broken()
    tree.write(tmp_path)
    first = [r["partialFingerprints"]["primaryLocationLineHash"] for r in _results(tmp_path)]
    (tmp_path / RAW_0X / "subject.json").write_bytes(b"\n\n" + tree.files["subject.json"])  # type: ignore[operator]
    second = [r["partialFingerprints"]["primaryLocationLineHash"] for r in _results(tmp_path)]
    assert first == second
    assert len(set(first)) == len(first)


def _results(folder: Path) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = _sarif(run_here(folder, "check", "--format", "sarif").stdout)["results"]
    return results


@pytest.mark.slow
def test_sarif_keeps_the_limits_of_github() -> None:
    report = _report(*[Severity.WARNING] * 6000, *[Severity.ERROR] * 10)
    report.assets[0].findings[0] = Finding(
        "NAM101", "x", Severity.ERROR, "no", Location("subject.json"), why="why", fix="fix",
        related=tuple(Location("subject.json", "/y", line) for line in range(1, 2000)) * 2,
    )  # fmt: skip
    run = _sarif(render("sarif", report))
    assert len(run["results"]) == 5000
    assert [result["level"] for result in run["results"][:11]] == ["error"] * 11
    assert "1,010 more findings" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]
    assert all(len(r["locations"]) + len(r.get("relatedLocations", [])) <= 100 for r in run["results"])
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in run["tool"]["driver"]["rules"])
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/c%#?", "a%20b/c%25%23%3F/subject.json"),
        ("c:x", "c%3Ax/subject.json"),
        ("s3://aind-open-data/a b", "aind-open-data/a%20b/subject.json"),
        (Path("/far/away").absolute().as_posix(), Path("/far/away/subject.json").absolute().as_uri()),
        # Windows reads the first two parts as a server and its share.
        (
            "//server/a b",
            "file://server/a%20b/subject.json" if os.name == "nt" else "file:///server/a%20b/subject.json",
        ),
        ("é", "%C3%A9/subject.json"),
        ("\udcff", "%FF/subject.json"),
    ],
)
def test_sarif_addresses(path: str, uri: str) -> None:
    (result,) = _sarif(render("sarif", _report(Severity.ERROR, path=path)))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == uri
    assert ("uriBaseId" in artifact) is (not uri.startswith("file:") and not path.startswith("s3:"))


def test_sarif_messages_hold_no_links() -> None:
    report = _report(Severity.ERROR)
    report.assets[0].findings[0] = Finding("CON103", "x", Severity.ERROR, "[a](http://b) \\[", why="w", fix="[c](1)")
    (result,) = _sarif(render("sarif", report))["results"]
    assert result["message"]["text"] == "a: \\[a\\](http://b) \\\\\\[\n\nFix: \\[c\\](1)"


# --- GitHub annotations


def _commands(text: str) -> list[dict[str, str]]:
    """The commands as the runner reads them."""
    found = []
    for line in text.splitlines():
        if match := re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line):
            properties = dict(part.split("=", 1) for part in match[2].split(","))
            found.append({"command": match[1], **properties, "text": match[3].replace("%0A", "\n").replace("%25", "%")})
    return found


def test_github_annotations(tmp_path: Path) -> None:
    broken().write(tmp_path)
    done = run_here(tmp_path, "check", "--format", "github")
    commands = _commands(done.stdout)
    assert len(commands) == 4
    mismatch = next(command for command in commands if "CON103" in command["title"])
    assert (mismatch["command"], mismatch["file"], mismatch["title"]) == (
        "error", f"{RAW_0X}/subject.json", "aind-lint CON103",
    )  # fmt: skip
    assert int(mismatch["line"]) > 1
    assert "\nfix: " in mismatch["text"]
    assert done.stdout.splitlines()[-1].startswith("1 asset: 4 errors")


def test_github_annotations_count_from_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkout/deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "checkout/deep")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "checkout"))
    (command,) = _commands(github(_report(Severity.WARNING)))
    assert (command["command"], command["file"]) == ("warning", "deep/a/subject.json")


def test_github_shows_the_most_severe_first_and_an_asset_at_its_sidecar() -> None:
    commands = _commands(github(_report(Severity.INFO, Severity.WARNING, Severity.ERROR, file=None)))
    assert [command["command"] for command in commands] == ["error", "warning", "notice"]
    assert {command["file"] for command in commands} == {"a/data_description.json"}
    assert all(command["text"].startswith("a: no") for command in commands)


def test_github_properties_are_escaped() -> None:
    (command,) = _commands(github(_report(Severity.ERROR, path="a,line=7::b%0A\n::error::x")))
    assert command["file"] == "a%2Cline=7%3A%3Ab%250A\\n%3A%3Aerror%3A%3Ax/subject.json"


# --- JUnit


def test_junit_counts(tmp_path: Path) -> None:
    broken().write(tmp_path / "bad")
    base_tree("raw-2x").write(tmp_path / "good")
    done = run_here(tmp_path, "check", "--format", "junit")
    root = ElementTree.fromstring(done.stdout)
    bad, good = root
    assert (bad.get("name"), bad.get("failures")) == (f"bad/{RAW_0X}", "4")
    assert (good.get("name"), good.get("failures"), good.get("errors")) == (f"good/{RAW_2X}", "0", "0")
    assert root.get("failures") == "4"
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))


def test_junit_fails_at_the_fail_on_severity() -> None:
    report = _report(Severity.WARNING)
    assert ElementTree.fromstring(render("junit", report)).get("failures") == "0"
    report.fail_on = "warning"
    assert ElementTree.fromstring(render("junit", report)).get("failures") == "1"
    report = _report(Severity.ERROR)
    report.fail_on = "never"
    assert ElementTree.fromstring(render("junit", report)).get("failures") == "0"


# --- Markdown


def test_markdown_stays_below_the_size_limit_of_a_summary() -> None:
    report = _report(*[Severity.ERROR] * 3)
    report.assets = [
        AssetReport(f"a{number}", "a", None, None, [], "candidate", 0, 0, findings=report.assets[0].findings * 300)
        for number in range(60)
    ]
    rendered = render("markdown", report)
    assert 800_000 < len(rendered.encode()) < 1_000_000
    assert rendered.endswith("for the rest.\n")


def test_markdown_is_a_table(tmp_path: Path) -> None:
    broken().write(tmp_path)
    rendered = run_here(tmp_path, "check", "--format", "markdown").stdout
    rows = [line for line in rendered.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 4
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)
    assert rendered.startswith("### ❌ aind-lint: not passed\n")


# --- HTML


def test_the_page_runs_only_its_own_script_and_fetches_nothing(tmp_path: Path) -> None:
    broken().write(tmp_path)
    page = run_here(tmp_path, "check", "--format", "html").stdout
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for tag in ("script", "style"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert set(re.findall(r"\w+=.?https?://[\w.]+", page)) == {'href="https://github.com'}


def test_the_page_of_one_asset_begins_with_its_errors() -> None:
    report = _report(Severity.WARNING, Severity.ERROR)
    warning, error = report.assets[0].findings
    report.assets[0].findings = [
        replace(warning, location=Location("a.json")),
        replace(error, location=Location("b.json")),
    ]
    page = render("html", report)
    assert page.index("<article") > page.index(">b.json</h3>")
    assert page.index(">a.json</h3>") > page.index("<article")
    assert "<table" not in page
    assert '<a href="https://github.com/AllenNeuralDynamics/aind-lint/blob/main/docs/rules/CON103.md"' in page
    assert len(re.findall(r'<details class="group paper" open>', page)) == 1


def test_the_page_of_many_findings_is_bounded_and_shows_every_asset() -> None:
    report = _report(Severity.ERROR)
    (one,) = report.assets[0].findings
    report.assets[0].findings = [replace(one, message=f"number {number}") for number in range(5000)]
    report.assets += [replace(report.assets[0], path=f"b{number}", findings=[one]) for number in range(1200)]
    page = render("html", report)
    assert page.count("<article") < 4000
    assert len(page) < 5_000_000
    assert ">b0</h3>" in page
    assert "4,000 more findings not shown here" in page
    assert "201 more assets not shown here" in page


def test_the_page_of_no_asset() -> None:
    page = render("html", Report([]))
    assert ">Passed</span>" in page
    assert "<article" not in page


def test_a_rule_that_is_not_ours_has_no_link() -> None:
    report = _report(Severity.ERROR)
    report.assets[0].findings[0] = replace(report.assets[0].findings[0], rule="LAB101")
    assert "LAB101.md" not in render("html", report)


# --- JSON lines


def test_json_lines(tmp_path: Path) -> None:
    broken().write(tmp_path / "bad")
    base_tree("raw-2x").write(tmp_path / "good")
    lines = [json.loads(line) for line in run_here(tmp_path, "check", "--format", "jsonl").stdout.splitlines()]
    assert [line["type"] for line in lines] == ["finding"] * 4 + ["asset", "asset", "run"]
    assert {line["asset"] for line in lines[:4]} == {f"bad/{RAW_0X}"}
    assert lines[-1]["summary"]["errors"] == 4
    assert all(set(a) == set(b) for a, b in pairwise(lines[:4]))
