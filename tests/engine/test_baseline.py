"""Baselines suppress existing findings but not new ones, and never findings of mandatory rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import RefusedError, publish
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, edited, run_here
from tests.engine.sample_rules import rule_content, write_rule


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


def test_more_findings_in_one_file_are_all_reported(tmp_path: Path) -> None:
    fields = {"data_level": "RAW"}
    edited("raw-2x", "data_description.json", **fields).write(tmp_path)
    place = {"format_version": 1, "assets": {RAW_2X: {"subject.json": {"SCH202": 1}}}}
    (tmp_path / "old.json").write_text(json.dumps(place), encoding="utf-8")
    before = _rules(tmp_path)
    assert _rules(tmp_path, "--baseline", "old.json") == before


def test_mandatory_rules_are_neither_counted_nor_suppressed(tmp_path: Path) -> None:
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
    assert "create it with 'aind-lint baseline'" in done.stderr
    assert run_here(repository, "baseline").returncode == 0
    first = (repository / "old.json").read_bytes()
    assert "TST101" not in _rules(repository)
    assert run_here(repository, "baseline").returncode == 0
    assert (repository / "old.json").read_bytes() == first
    shown = run_here(repository, "check", "--show-suppressed").stdout
    assert f"{RAW_2X}/a.left.md: suppressed[TST101] a.left.md is left over (counted in the baseline" in shown


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
    assert "old.json is not a baseline with format_version 1" in done.stderr


def _warnings(folder: Path, *arguments: str) -> list[dict[str, object]]:
    done = run_here(folder, "check", "--format", "json", "--baseline", "old.json", *arguments)
    assert done.stdout, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["configuration_findings"]
    return found


def _counted(folder: Path) -> dict[str, dict[str, dict[str, int]]]:
    content: dict[str, dict[str, dict[str, int]]] = json.loads((folder / "old.json").read_bytes())["assets"]
    return content


def test_a_baseline_that_counts_too_many_is_reported_and_pruned(repository: Path) -> None:
    run_here(repository, "baseline", "--output", "old.json")
    assert _warnings(repository, ".") == []
    (repository / RAW_2X / "a.left.md").unlink()
    (repository / RAW_2X / "c.left.md").write_bytes(b"x")
    (finding,) = _warnings(repository, ".")
    assert (finding["rule"], finding["severity"], finding["file"]) == ("CFG103", "warning", "old.json")
    assert f"1 of TST101 in {RAW_2X}/a.left.md, where only 0 can be silenced" in str(finding["message"])
    text = (repository / "old.json").read_text(encoding="utf-8").splitlines()
    line, column = finding["line"], finding["column"]
    assert isinstance(line, int) and isinstance(column, int)
    assert "TST101" in text[line - 1] and text[line - 1][column - 1] == "1"
    assert run_here(repository, "check", ".", "--baseline", "old.json").stdout.count("CFG103") == 2
    done = run_here(repository, "baseline", "--prune", "--output", "old.json")
    assert (done.returncode, done.stdout) == (0, "old.json: 1 finding removed, 1 left.\n")
    assert _counted(repository) == {RAW_2X: {"b.left.md": {"TST101": 1}}}
    assert _warnings(repository, ".") == []
    assert _rules(repository, "--baseline", "old.json").count("TST101") == 1, "what is new was not counted"


@pytest.mark.parametrize(
    "arguments",
    [["--ignore", "TST101"], ["--select", "CON"]],
)
def test_entries_of_unchecked_rules_are_kept(arguments: list[str], repository: Path) -> None:
    run_here(repository, "baseline", "--output", "old.json")
    (repository / RAW_2X / "a.left.md").unlink()
    assert _warnings(repository, ".", *arguments) == []


def test_assets_that_are_gone_count_when_everything_is_checked(repository: Path) -> None:
    other = base_tree("raw-2x")
    other.name = other.name.replace("123456", "654321")
    other.files["d.left.md"] = b"x"
    folder = other.write(repository)
    run_here(repository, "baseline", "--output", "old.json")
    assert other.name in _counted(repository)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
    assert _warnings(repository, RAW_2X) == []
    (finding,) = _warnings(repository, ".")
    assert other.name in str(finding["message"])
    run_here(repository, "baseline", "--prune", "--output", "old.json")
    assert set(_counted(repository)) == {RAW_2X}


def test_from_files_checks_only_changed_assets(repository: Path) -> None:
    run_here(repository, "baseline", "--output", "old.json")
    (repository / RAW_2X / "b.left.md").unlink()
    (finding,) = _warnings(repository, "--from-files", f"{RAW_2X}/subject.json")
    assert "b.left.md" in str(finding["message"])
    assert _warnings(repository, "--from-files", "README.md") == []


def test_findings_that_cannot_be_suppressed_are_not_counted(repository: Path) -> None:
    place = {"format_version": 1, "assets": {RAW_2X: {"subject.json": {"CON103": 9, "OLD999": 1}}}}
    (repository / "old.json").write_text(json.dumps(place), encoding="utf-8")
    (finding,) = _warnings(repository, ".")
    assert "counts 10 findings too many: 9 of CON103" in str(finding["message"])
    run_here(repository, "baseline", "--prune", "--output", "old.json")
    assert _counted(repository) == {}


def test_there_must_be_a_baseline_to_prune(repository: Path) -> None:
    done = run_here(repository, "baseline", "--prune")
    assert done.returncode == 2 and "create it with 'aind-lint baseline'" in done.stderr
