"""Every character arrives, whatever the encoding of a terminal or pipe."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from aind_lint.cli.main import main
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, broken, edited, environment


def output(folder, monkeypatch, encoding: str, *arguments: str) -> bytes:
    """What the command writes to a standard output of this encoding, without a process of its own."""
    out = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    monkeypatch.setattr(sys, "argv", ["aind-lint", *arguments])
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit):
        main()
    out.flush()
    return out.buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "facts", "value"),
    [
        ("utf-8", "raw · behavior, ecephys · metadata 0.x", "\xfcber \u732b"),
        ("cp1252", "raw · behavior, ecephys · metadata 0.x", "\xfcber \\u732b"),
        ("cp437", "raw · behavior, ecephys · metadata 0.x", "\xfcber \\u732b"),
        ("cp932", "raw - behavior, ecephys - metadata 0.x", "\\xfcber \u732b"),
        ("ascii", "raw - behavior, ecephys - metadata 0.x", "\\xfcber \\u732b"),
    ],
)
def test_what_an_encoding_lacks_is_written_in_ascii(encoding, facts, value, tmp_path, monkeypatch):
    edited("founding-raw-0x", "subject.json", subject_id="\xfcber \u732b").write(tmp_path)
    text = output(tmp_path, monkeypatch, encoding, "check", RAW_0X, "--fast").decode(encoding)
    assert facts in text
    assert value in text


@pytest.mark.parametrize("format_", ["html", "markdown", "github", "junit"])
def test_reports_for_programs_are_utf_8(format_, tmp_path, monkeypatch):
    tree = base_tree("founding-raw-0x")
    tree.files["behavior/\xfcber \u732b.csv"] = b""
    tree.write(tmp_path)
    text = output(tmp_path, monkeypatch, "cp1252", "check", "--fast", "--format", format_).decode("utf-8")
    assert "\xfcber \u732b" in text


@pytest.mark.skipif(os.name != "nt", reason="elsewhere the locale says what a pipe expects")
def test_a_windows_pipe_gets_ascii_which_is_the_same_in_every_code_page(tmp_path):
    broken().write(tmp_path)
    variables = {name: value for name, value in environment(tmp_path).items() if name != "PYTHONIOENCODING"}
    command = [sys.executable, "-m", "aind_lint", "check", "--fast"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, check=False)
    assert "raw - metadata 0.x - profile archive" in done.stdout.decode("ascii")
