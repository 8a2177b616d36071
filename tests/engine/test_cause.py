"""One cause, one finding: grouping shows one finding for each cause, and changes nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aind_lint import check, publish
from aind_lint.engine.cause import group_by_cause
from aind_lint.errors import AindLintError
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree
from aind_lint.finding import Finding, Location, Severity
from tests.cli.run_command import run_here

RAW = "123456_2022-12-12_05-06-07"


def misnamed(subject: str = "123465") -> Tree:
    """A valid asset in a folder with another subject."""
    tree = base_tree("raw-2x")
    tree.name = f"{subject}_2022-12-12_05-06-07"
    return tree


def with_wrong_modality(base: str = "raw-1x") -> Tree:
    """An asset of 1.x whose modality ecephys is written ephys: one error, three warnings."""
    tree = base_tree(base)
    content = tree.files["data_description.json"]
    assert isinstance(content, bytes)
    tree.files["data_description.json"] = content.replace(
        b'"abbreviation": "ecephys"\n    }\n  ]', b'"abbreviation": "ephys"\n    }\n  ]'
    )
    assert tree.files["data_description.json"] != content
    return tree


def report_of(folder: Path, *options: str) -> Any:
    return json.loads(run_here(folder, "check", "--format", "json", *options).stdout)["assets"][0]


def rules_in(findings: list[dict[str, Any]]) -> list[list[str]]:
    """For each finding, its rule and those of the findings with the same cause."""
    return [[one["rule"], *sorted(each["rule"] for each in one["related"] if each["rule"])] for one in findings]


def test_a_mistyped_folder_name_is_one_finding(tmp_path: Path) -> None:
    misnamed().write(tmp_path)
    (finding,) = report_of(tmp_path)["findings"]
    assert (finding["rule"], finding["file"], finding["fix"]) == ("CON103", None, f"Rename the folder to {RAW}")
    assert {"rule": "CON101", "file": "data_description.json", "pointer": "/name"}.items() <= finding["related"][
        0
    ].items()


def test_related_rules_fail_the_gate(tmp_path: Path) -> None:
    path = misnamed().write(tmp_path)
    report = check([path])
    assert report.assets[0].blockers == ["CON101", "CON103"]
    assert report.exit_code() == 1
    with pytest.raises(AindLintError) as refused:
        publish(path, str(tmp_path / "bucket"))
    assert "CON101" in str(refused.value) and "CON103" in str(refused.value)


def test_rules_are_selected_and_ignored_singly(tmp_path: Path) -> None:
    misnamed().write(tmp_path)
    assert rules_in(report_of(tmp_path, "--select", "CON101")["findings"]) == [["CON101"]]
    assert rules_in(report_of(tmp_path, "--ignore", "CON103")["findings"]) == [["CON101"]]


def test_if_the_leading_finding_is_suppressed_the_next_one_leads(tmp_path: Path) -> None:
    with_wrong_modality().write(tmp_path)
    assert rules_in(report_of(tmp_path)["findings"]) == [["SCH201", "CON402", "CON403", "LAY103"]]
    suppressions = '[[suppressions]]\nrule = "CON402"\nassets = "*"\nreason = "known"\n'
    (tmp_path / "aind-lint.toml").write_text(suppressions, encoding="utf-8")
    asset = report_of(tmp_path)
    assert rules_in(asset["findings"]) == [["SCH201", "CON403", "LAY103"]]
    assert [item["rule"] for item in asset["suppressed"]] == ["CON402"]
    assert rules_in(report_of(tmp_path, "--ignore", "SCH201")["findings"]) == [["CON403", "LAY103"]]


def test_a_baseline_counts_every_finding(tmp_path: Path) -> None:
    with_wrong_modality().write(tmp_path)
    assert run_here(tmp_path, "baseline").returncode == 0
    (files,) = json.loads((tmp_path / "aind-lint-baseline.json").read_text())["assets"].values()
    assert {rule for rules in files.values() for rule in rules} == {"CON402", "CON403", "LAY103"}
    asset = report_of(tmp_path, "--baseline", "aind-lint-baseline.json")
    assert rules_in(asset["findings"]) == [["SCH201"]]
    assert len(asset["suppressed"]) == 3


@pytest.mark.parametrize("format_", ["text", "concise", "github", "sarif", "junit", "markdown", "html", "jsonl"])
def test_every_format_shows_the_related_rules(tmp_path: Path, format_: str) -> None:
    misnamed().write(tmp_path)
    shown = run_here(tmp_path, "check", "--format", format_).stdout
    assert "CON103" in shown and "CON101" in shown


def test_another_fault_is_another_finding(tmp_path: Path) -> None:
    tree = misnamed()
    tree.files["subject.json"] = tree.files["subject.json"].replace(b'"Female"', b'"Femlae"')  # type: ignore[union-attr]
    del tree.files["procedures.json"]
    tree.write(tmp_path)
    assert rules_in(report_of(tmp_path)["findings"]) == [["CON103", "CON101"], ["SID104"], ["SCH201"]]


def _finding(rule: str, *compares: str, severity: str = "error", at: str = "", related: str = "") -> Finding:
    """A finding about values; ``at`` is the file and perhaps the pointer of its place, such as ``a#/x``."""
    return Finding(
        rule,
        "name",
        Severity(severity),
        "message",
        _location(at),
        related=(_location(related),) if related else (),
        compares=compares,
    )


def _location(place: str) -> Location:
    file, _, pointer = place.partition("#")
    return Location(file or None, pointer or None)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([_finding("AAA101", "a"), _finding("AAA102", "b")], [["AAA101"], ["AAA102"]]),
        (
            [_finding("AAA101", "a", "b"), _finding("AAA102", "a"), _finding("AAA103", "b")],
            [["AAA102", "AAA101", "AAA103"]],
        ),
        ([_finding("AAA101", "a", severity="warning"), _finding("AAA102", "a")], [["AAA102", "AAA101"]]),
        ([_finding("AAA101", at="a#/x"), _finding("AAA102", at="a#/x")], [["AAA101", "AAA102"]]),
        ([_finding("AAA101", at="a#/x"), _finding("AAA101", at="a#/x")], [["AAA101"], ["AAA101"]]),
        ([_finding("AAA101", at="a"), _finding("AAA102", at="a")], [["AAA101"], ["AAA102"]]),
        ([_finding("AAA101", related="b#/y"), _finding("AAA102", at="b#/y")], [["AAA101", "AAA102"]]),
    ],
    ids=["other values", "a bridge", "the severe one leads", "one place", "one rule", "one file", "a compared place"],
)
def test_what_has_one_cause(findings: list[Finding], expected: list[list[str]]) -> None:
    groups = group_by_cause(findings)
    assert [[one.rule, *(other.rule for other in one.same_cause)] for one in groups] == expected


def _about(rule: str, file: str | None, *related: str, explained_by: tuple[str, ...] = ()) -> Finding:
    places = tuple(Location(key) for key in related)
    return Finding(rule, "name", Severity.ERROR, "text", Location(file), related=places, explained_by=explained_by)


@pytest.mark.parametrize(
    ("cause", "explained", "together"),
    [
        (("a/store.zarr",), ("a/store.zarr/ids",), True),
        (("a/b/video.mp4",), ("a/b",), True),
        (("a/table.csv",), ("a/video.mp4", "a/table.csv"), True),
        (("a/store.zarr",), ("a/store.zarr.bak",), False),
        (("a/x",), ("a/y",), False),
        ((None,), ("a/x",), False),
    ],
)
def test_a_rule_explains_findings_about_the_same_files_only(cause: Any, explained: Any, together: bool) -> None:
    findings = [_about("LAY705", *cause), _about("FMT310", *explained, explained_by=("LAY705",))]
    assert len(group_by_cause(findings)) == (1 if together else 2)
    assert len(group_by_cause([findings[0], _about("FMT310", *explained)])) == 2


def test_a_cause_leads_what_it_explains() -> None:
    explained = replace(_about("CON103", "session.json", explained_by=("SID113",)), compares=("subject",))
    (leading,) = group_by_cause([explained, _about("SID113", "session.json")])
    assert leading.rule == "SID113"


@pytest.mark.parametrize("base", ["raw-1x", "raw-2x"])
def test_a_modality_that_is_misspelled_everywhere_is_one_finding(tmp_path: Path, base: str) -> None:
    tree = base_tree(base)
    for file in ("data_description.json", "session.json", "acquisition.json"):
        if isinstance(content := tree.files.get(file), bytes):
            tree.files[file] = content.replace(b'"abbreviation": "ecephys"', b'"abbreviation": "ephys"')
    tree.write(tmp_path)
    (finding,) = [one for one in report_of(tmp_path, "--profile", "candidate")["findings"] if "modalit" in one["fix"]]
    assert finding["rule"] == "SCH201"
    assert finding["fix"].count('"ecephys"') == 2 and "icephys" not in finding["fix"]


@pytest.mark.parametrize("folder", ["ephys", "Ecephys", "icephys", "ecephy"])
def test_a_folder_of_another_name_is_one_finding(tmp_path: Path, folder: str) -> None:
    tree = base_tree("raw-2x")
    tree.files = {key.replace("ecephys/", f"{folder}/"): content for key, content in tree.files.items()}
    tree.write(tmp_path)
    (finding,) = report_of(tmp_path)["findings"]
    assert finding["fix"] == f"Rename the folder {folder} to ecephys"


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("123456_sorted-ks25_2022-12-12_06-07-08", ["CON101", "SEP101"]),
        ("sorted-ks25_2022-12-12_06-07-08", ["CON101", "SEP101"]),
        ("123456_2022-13-12_05-06-07_sorted-ks25_2022-12-12_06-07-08", ["NAM105", "CON101"]),
        ("123456_2022-12-12_05-06-07_sorted-ks25", ["NAM112", "CON101"]),
    ],
)
def test_a_broken_derived_name_is_one_finding_and_its_fix_the_whole_name(
    tmp_path: Path, name: str, rules: list[str]
) -> None:
    tree = base_tree("derived-2x")
    right, tree.name = tree.name, name
    tree.write(tmp_path)
    (finding,) = report_of(tmp_path)["findings"]
    assert [finding["rule"], *(one["rule"] for one in finding["related"] if one["rule"])] == rules
    assert finding["fix"] == f"Rename the folder to {right}"


def test_an_acquisition_of_another_animal_and_week_is_one_finding(tmp_path: Path) -> None:
    tree = base_tree("raw-2x")
    content = tree.files["acquisition.json"]
    assert isinstance(content, bytes)
    tree.files["acquisition.json"] = content.replace(b"2022-12-12T", b"2022-12-05T").replace(b'"123456"', b'"654321"')
    tree.write(tmp_path)
    (finding,) = report_of(tmp_path)["findings"]
    assert finding["fix"] == "Replace acquisition.json with that of this recording"
    assert {one["rule"] for one in finding["related"]} >= {"CON105"}
