"""A saved report is rendered as before, in every format; other files are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aind_lint.examples.bases import base_tree
from aind_lint.report.formats import FORMATS
from tests.cli.run_command import broken, run_here


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    broken().write(tmp_path / "bad")
    base_tree("founding-raw-1x").write(tmp_path / "old")
    (tmp_path / "aind-lint.toml").write_text(
        '[[suppressions]]\nrule = "SID111"\nreason = "as it was"\nuntil = 2999-01-01\n'
        '[[suppressions]]\nrule = "NAM"\nreason = "nothing"\n',
        encoding="utf-8",
    )
    run_here(tmp_path, "check", ".", "--format", "json=run.json")
    return tmp_path


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_is_the_same_again(format_: str, saved: Path) -> None:
    files = [f"--format={format_}=now.{format_}", "--format=json=again.json"]
    direct = run_here(saved, "check", ".", *files)
    loaded = run_here(saved, "check", "--load", "again.json", "--format", format_)
    assert loaded.stdout == (saved / f"now.{format_}").read_text(encoding="utf-8")
    assert loaded.returncode == direct.returncode == 1


def test_options_that_still_make_sense(saved: Path) -> None:
    assert run_here(saved, "check", "--load", "run.json", "--fail-on", "never").returncode == 0
    shown = run_here(saved, "check", "--load", "run.json", "--show-suppressed", "--format", "concise").stdout
    assert "suppressed[SID111]" in shown
    assert "(as it was; until 2999-01-01)" in shown
    counted = run_here(saved, "check", "--load", "run.json", "--statistics").stdout
    assert "      1  CON103  error    subject-mismatch  (in 1 asset)" in counted
    assert "it takes no PATHS" in run_here(saved, "check", ".", "--load", "run.json").stderr


def _other_version(run: Any) -> None:
    run["format_version"] = 2


def _text_as_line(run: Any) -> None:
    run["assets"][0]["findings"][0]["line"] = "4\x1b[31m"


def _evil_rule(run: Any) -> None:
    run["assets"][0]["findings"][0]["rule"] = "CON103\x1b[31m"


def _evil_name(run: Any) -> None:
    run["assets"][0]["findings"][0]["name"] = "::error::"


def _evil_skipped(run: Any) -> None:
    run["assets"][0]["skipped"] = [{"rule": "CON103", "because": ["\x1b[31m"]}]


def _missing(run: Any) -> None:
    del run["assets"][0]["findings"][0]["message"]


@pytest.mark.parametrize("spoil", [_other_version, _text_as_line, _evil_rule, _evil_name, _evil_skipped, _missing])
def test_what_is_no_saved_run_is_refused(spoil: Callable[[Any], None], saved: Path) -> None:
    run = json.loads((saved / "run.json").read_text(encoding="utf-8"))
    spoil(run)
    (saved / "run.json").write_text(json.dumps(run), encoding="utf-8")
    done = run_here(saved, "check", "--load", "run.json")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "run.json" in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "{}", "[" * 5000])
def test_files_that_are_no_report(text: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    done = run_here(tmp_path, "check", "--load", "run.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert run_here(tmp_path, "check", "--load", "gone.json").returncode == 2
