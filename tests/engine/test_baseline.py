"""Baselines: what was there before passes, what is new fails, and nothing mandatory is ever silenced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import RefusedError, publish
from aind_lint.examples.bases import base_tree
from tests.cli.command import RAW_2X, edited, run_here
from tests.engine.making import rule_content, write_rule


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An asset with two findings of an own rule in one file each, and the rule."""
    tree = base_tree("raw-2x")
    tree.files |= {"a.left.md": b"x", "b.left.md": b"x"}
    tree.write(tmp_path)
    (tmp_path / "own").mkdir()
    write_rule(tmp_path / "own", rule_content())
    (tmp_path / "aind-lint.toml").write_text('extend-rules = ["own"]\n', encoding="utf-8")
    return tmp_path


def _rules(folder: Path, *arguments: str) -> list[str]:
    done = run_here(folder, "check", ".", "--format", "json", *arguments)
    assert done.stdout, done.stderr
    return [finding["rule"] for asset in json.loads(done.stdout)["assets"] for finding in asset["findings"]]


def test_what_was_there_passes_and_what_is_new_fails(repository: Path) -> None:
    own = [rule for rule in _rules(repository) if rule == "TST101"]
    assert len(own) == 2
    done = run_here(repository, "baseline")
    assert (done.returncode, done.stderr) == (0, "")
    assert "aind-lint-baseline.json" in done.stdout
    assert "--baseline aind-lint-baseline.json" in done.stdout
    assert "TST101" not in _rules(repository, "--baseline", "aind-lint-baseline.json")
    (repository / RAW_2X / "c.left.md").write_bytes(b"x")
    assert _rules(repository, "--baseline", "aind-lint-baseline.json").count("TST101") == 1
    assert "TST101" in _rules(repository)


def test_the_file_is_sorted_and_counts_by_rule_and_file(repository: Path) -> None:
    run_here(repository, "baseline")
    content = json.loads((repository / "aind-lint-baseline.json").read_text(encoding="utf-8"))
    assert content["format_version"] == 1
    files = content["assets"][RAW_2X]
    assert files["a.left.md"]["TST101"] == files["b.left.md"]["TST101"] == 1
    assert list(files) == sorted(files)


def test_more_findings_in_one_file_are_all_told(tmp_path: Path) -> None:
    fields = {"data_level": "RAW"}
    edited("raw-2x", "data_description.json", **fields).write(tmp_path)
    place = {"format_version": 1, "assets": {RAW_2X: {"subject.json": {"SCH202": 1}}}}
    (tmp_path / "old.json").write_text(json.dumps(place), encoding="utf-8")
    before = _rules(tmp_path)
    assert _rules(tmp_path, "--baseline", "old.json") == before


def test_what_is_mandatory_is_neither_counted_nor_silenced(tmp_path: Path) -> None:
    edited("raw-2x", "subject.json", subject_id="7").write(tmp_path)
    done = run_here(tmp_path, "baseline")
    assert "of mandatory rules cannot be silenced" in done.stdout
    file = tmp_path / "aind-lint-baseline.json"
    assert "CON103" not in file.read_text(encoding="utf-8")
    place = {"format_version": 1, "assets": {RAW_2X: {"subject.json": {"CON103": 9}}}}
    file.write_text(json.dumps(place), encoding="utf-8")
    assert "CON103" in _rules(tmp_path, "--baseline", file.name)


def test_it_is_configured_and_written_again(repository: Path) -> None:
    with (repository / "aind-lint.toml").open("a", encoding="utf-8") as stream:
        stream.write('baseline = "old.json"\n')
    done = run_here(repository, "check")
    assert done.returncode == 2
    assert "'aind-lint baseline' writes one" in done.stderr
    assert run_here(repository, "baseline").returncode == 0
    first = (repository / "old.json").read_bytes()
    assert "TST101" not in _rules(repository)
    assert run_here(repository, "baseline").returncode == 0
    assert (repository / "old.json").read_bytes() == first
    shown = run_here(repository, "check", "--show-suppressed").stdout
    assert f"{RAW_2X}/a.left.md: suppressed[TST101] a.left.md is left over (it was there before" in shown


def test_publishing_reads_no_baseline(repository: Path) -> None:
    run_here(repository, "baseline", "--output", "old.json")
    with (repository / "aind-lint.toml").open("a", encoding="utf-8") as stream:
        stream.write('baseline = "old.json"\n')
    with pytest.raises(RefusedError, match="TST101"):
        publish(repository / RAW_2X, to=str(repository / "bucket"))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format_version": 2, "assets": {}}', '{"format_version": 1, "assets": {"a": {"b": {"c": 0}}}}'],
)
def test_what_is_no_baseline_is_refused(text: str, tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    (tmp_path / "old.json").write_text(text, encoding="utf-8")
    done = run_here(tmp_path, "check", ".", "--baseline", "old.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "old.json is no baseline of this version" in done.stderr
