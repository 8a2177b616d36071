"""Suppressions: what they silence, what they cannot, and when they are themselves findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import RefusedError, publish
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, edited, run_here
from tests.engine.sample_rules import rule_content, write_rule

#: A name two minutes before the acquisition: a warning, CON104.
_EARLY = "123456_2022-12-12_05-04-07"


def _late(folder: Path) -> None:
    tree = edited("raw-2x", "data_description.json", name=_EARLY)
    tree.name = _EARLY
    tree.write(folder)


def _configure(folder: Path, *suppressions: str) -> None:
    text = "\n".join(f"[[suppressions]]\n{one}\n" for one in suppressions)
    (folder / "aind-lint.toml").write_text(text, encoding="utf-8")


def _findings(folder: Path, *arguments: str) -> tuple[list[tuple[str, int | None]], list[dict[str, str]], int]:
    done = run_here(folder, "check", *arguments, "--format", "json", "--fail-on", "warning")
    assert done.stdout, done.stderr
    content = json.loads(done.stdout)
    found: list[tuple[str, int | None]] = [(f["rule"], None) for asset in content["assets"] for f in asset["findings"]]
    found += [(f["rule"], f["line"]) for f in content["configuration_findings"]]
    suppressed = [one for asset in content["assets"] for one in asset["suppressed"]]
    assert content["summary"]["suppressed"] == len(suppressed)
    return found, suppressed, done.returncode


def test_a_suppressed_finding_is_counted_and_does_not_fail(tmp_path: Path) -> None:
    _late(tmp_path)
    assert _findings(tmp_path) == ([("CON104", None)], [], 1)
    _configure(tmp_path, 'rule = "start-time-differs"\nreason = "the clock"\nuntil = 2999-12-31')
    found, suppressed, code = _findings(tmp_path)
    assert (found, code) == ([], 0)
    assert [(one["rule"], one["reason"], one["until"]) for one in suppressed] == [("CON104", "the clock", "2999-12-31")]


def test_other_assets_and_other_rules_keep_their_findings(tmp_path: Path) -> None:
    _late(tmp_path / "one")
    _late(tmp_path / "two")
    _configure(tmp_path, 'rule = "CON"\nassets = "one/*"\nreason = "the clock"')
    assert _findings(tmp_path)[0] == [("CON104", None)]
    _configure(tmp_path, 'rule = "NAM"\nreason = "the clock"')
    assert _findings(tmp_path)[0] == [("CON104", None), ("CON104", None), ("CFG101", 1)]


def test_mandatory_rules_cannot_be_suppressed(tmp_path: Path) -> None:
    edited("raw-2x", "subject.json", subject_id="7").write(tmp_path)
    _configure(tmp_path, 'rule = "CON104"\nreason = "x"', 'rule = "subject-mismatch"\nreason = "we know"')
    done = run_here(tmp_path, "check")
    assert done.returncode == 2
    assert done.stderr == (
        "error: aind-lint.toml:5: subject-mismatch is mandatory for publishing and cannot be suppressed\n"
    )
    _configure(tmp_path, 'rule = "CON"\nreason = "we know"')
    assert _findings(tmp_path)[0][0] == ("CON103", None)


def test_a_suppression_of_no_rule_is_refused(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    _configure(tmp_path, 'rule = "start-time-difers"\nreason = "x"')
    assert "aind-lint.toml:1: no rule has" in (stderr := run_here(tmp_path, "check").stderr)
    assert "did you mean start-time-differs?" in stderr


def test_after_its_last_day_the_finding_is_back_and_the_suppression_is_one(tmp_path: Path) -> None:
    _late(tmp_path)
    _configure(tmp_path, 'rule = "CON104"\nreason = "the clock"\nuntil = 2020-01-31')
    assert _findings(tmp_path) == ([("CON104", None), ("CFG102", 1)], [], 1)


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["."], True),
        ([".."], True),
        ([RAW_2X], False),
        ([f"{RAW_2X}/subject.json", "--from-files"], False),
        ([".", "--select", "NAM"], False),
        ([".", "--ignore", "CFG"], False),
        ([".", "--ignore", "CON104"], False),
    ],
)
def test_an_unused_suppression_is_reported_only_if_that_is_certain(
    arguments: list[str], reported: bool, tmp_path: Path
) -> None:
    repo = tmp_path / "repo"
    repo.mkdir()
    base_tree("raw-2x").write(repo)
    _configure(repo, 'rule = "CON104"\nreason = "the clock"')
    extra = ["--config", "aind-lint.toml"] if arguments == [".."] else []
    assert _findings(repo, *arguments, *extra)[0] == ([("CFG101", 1)] if reported else [])


def test_unused_is_reported_for_a_suppression_for_one_asset(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    _configure(tmp_path, f'rule = "CON104"\nassets = "{RAW_2X}"\nreason = "the clock"')
    assert _findings(tmp_path, RAW_2X)[0] == [("CFG101", 1)]


def test_a_suppression_of_an_unchecked_rule_is_not_reported_as_unused(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    _configure(tmp_path, 'rule = "IMM202"\nreason = "it was interrupted"')
    assert _findings(tmp_path)[0] == []


def test_publishing_ignores_suppressions_of_errors(tmp_path: Path) -> None:
    tree = base_tree("raw-2x")
    tree.files["x.left.md"] = b"left"
    tree.write(tmp_path)
    (tmp_path / "own").mkdir()
    write_rule(tmp_path / "own", rule_content())
    _configure(tmp_path, 'rule = "TST101"\nreason = "we know"')
    text = (tmp_path / "aind-lint.toml").read_text(encoding="utf-8")
    (tmp_path / "aind-lint.toml").write_text(f'extend-rules = ["own"]\n{text}', encoding="utf-8")
    assert _findings(tmp_path, RAW_2X)[0] == []
    with pytest.raises(RefusedError) as refused:
        publish(tmp_path / RAW_2X, to=str(tmp_path / "bucket"))
    assert refused.value.report.blockers == ["TST101"]


def test_publishing_applies_suppressions_of_warnings(tmp_path: Path) -> None:
    _late(tmp_path)
    assert publish(tmp_path / _EARLY, to=str(tmp_path / "bucket"), dry_run=True).warnings
    _configure(tmp_path, 'rule = "CON104"\nreason = "the clock"')
    assert not publish(tmp_path / _EARLY, to=str(tmp_path / "bucket"), dry_run=True).warnings


def test_publishing_reads_no_selection(tmp_path: Path) -> None:
    edited("raw-2x", "subject.json", subject_id="7").write(tmp_path)
    (tmp_path / "aind-lint.toml").write_text('ignore = ["CON"]\nfail-on = "never"\ndata = "absent"\n', encoding="utf-8")
    assert run_here(tmp_path, "check").returncode == 0
    assert run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 1
