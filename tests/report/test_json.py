"""The JSON report keeps the form that programs rely on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aind_lint import check
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree
from aind_lint.finding import AssetReport, Finding, Location, NotChecked, Report, RuleCrash, Severity, Skipped
from aind_lint.report.formats import concise, render, text
from tests.cli.run_command import RAW_2X, broken, edited, run_here

_SCHEMA = json.loads(Path(__file__).with_name("report.schema.json").read_text(encoding="utf-8"))


def report_of(output: str) -> Any:
    content = json.loads(output)
    jsonschema.validate(content, _SCHEMA)
    return content


@pytest.mark.parametrize(
    "tree",
    [base_tree("raw-2x"), base_tree("founding-derived-1x"), broken(), edited("raw-2x", "subject.json", notes=7)],
    ids=["good", "warning", "broken", "violation"],
)
def test_every_report_is_valid(tree: Tree, tmp_path: Path) -> None:
    tree.write(tmp_path)
    done = run_here(tmp_path, "check", "--format", "json")
    summary = report_of(done.stdout)["summary"]
    assert summary["exit_code"] == done.returncode
    assert summary["errors"] or done.returncode == 0


def test_every_part_of_a_report_is_in_it() -> None:
    place = Location("subject.json", "/subject_id", 4, 17, '  "subject_id": "654321"', 16, 8)
    asset = AssetReport("a", "a", "raw", "2.x", ["ecephys"], "candidate", 1, 2, 3)
    asset.findings.append(
        Finding("CON103", "subject-mismatch", Severity.ERROR, "no", place, "1", "2", "why", "fix", (place,))
    )
    asset.skipped.append(Skipped("CON104", ("CON103",)))
    asset.not_checked.append(NotChecked("IMM101", "no bucket given", None, True))
    asset.crashes.append(RuleCrash("SCH201", "KeyError: 'x'", "Traceback"))
    report = Report([asset], 2, {"aind-data-schema": "2.9.2", "aind-data-schema-models": "5"}, _NOW, "s3://bucket")
    content = report_of(render("json", report))
    assert content["summary"] == {
        "exit_code": 2,
        "assets": 1,
        "ignored": 2,
        "errors": 1,
        "warnings": 0,
        "infos": 0,
        "not_checked": 1,
        "suppressed": 0,
    }
    assert content["assets"][0]["findings"][0]["related"] == [
        dict.fromkeys(("rule", "name", "severity", "message"))
        | {"file": "subject.json", "pointer": "/subject_id", "line": 4, "column": 17}
    ]
    assert content["assets"][0]["internal_errors"] == [{"rule": "SCH201", "error": "KeyError: 'x'"}]
    for format_ in (text, concise):
        assert "KeyError: 'x'" in _unstyled(format_.render(report))
        assert "bug in aind-lint" in format_.render(report)


_NOW = "2026-01-01T00:00:00+00:00"


def _unstyled(rendered: str) -> str:
    import click

    return click.unstyle(rendered)


def test_paths_and_files_are_posix_and_relative(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    edited("raw-2x", "subject.json", subject_id="7").write(tmp_path / "deep/er")
    asset = report_of(run_here(tmp_path, "check", f"deep{os.sep}er", "--format", "json").stdout)["assets"][0]
    assert asset["path"] == f"deep/er/{RAW_2X}"
    assert {finding["file"] for finding in asset["findings"]} == {"subject.json"}


def test_the_same_findings_come_from_the_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken().write(tmp_path)
    monkeypatch.chdir(tmp_path)
    report = check(["."])
    listed = report_of(run_here(tmp_path, "check", "--format", "json").stdout)["assets"][0]["findings"]
    assert [(f.rule, f.message, f.location.line) for f in report.assets[0].findings] == [
        (f["rule"], f["message"], f["line"]) for f in listed
    ]
