"""Running the command as its users do, on assets of the example library."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

from aind_lint.cli.main import main
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree

RAW_0X = "ecephys_123456_2022-12-12_05-06-07"
RAW_2X = "123456_2022-12-12_05-06-07"
DERIVED_2X = f"{RAW_2X}_sorted-ks25_2022-12-12_06-07-08"

#: A command under Wine can need half a minute on a busy machine.
_SECONDS = 60 if os.name != "nt" else 600

#: The founding document's two assets, in every generation of metadata.
FOUNDING = {
    "0.x": ("founding-raw-0x", "founding-derived-0x"),
    "1.x": ("founding-raw-1x", "founding-derived-1x"),
    "2.x": ("raw-2x", "derived-2x"),
}


def portable(text: str) -> str:
    """Output for people with the separators of POSIX: on Windows it has the native ones."""
    return text.replace("\\", "/") if os.name == "nt" else text


def environment(cwd: Path, **extra: str) -> dict[str, str]:
    """An environment in which nothing depends on the terminal or on the home folder of the user."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    own = {"AIND_LINT_STATE_DIR": str(cwd / "state"), "PYTHONIOENCODING": "utf-8", "COLUMNS": ""}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), **own, **extra}


def run(cwd: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run the command without a terminal; ``extra`` is added to its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "aind_lint", *arguments],
        cwd=cwd,
        env=environment(cwd, **extra),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, _text(done.stdout), _text(done.stderr))


def run_here(cwd: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """The same without a process of its own: faster, where neither streams nor start matter."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    os.chdir(cwd)
    try:
        with (
            patch.dict(os.environ, environment(cwd, **extra), clear=True),
            patch.object(sys, "argv", ["aind-lint", *arguments]),
            patch.object(sys, "stdin", io.StringIO()),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
    finally:
        os.chdir(before)
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(arguments, ended.value.code, out.getvalue(), err.getvalue())


def _text(output: bytes) -> str:
    text = output.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    assert "Traceback" not in text, text
    return text


def broken(base: str = "founding-raw-0x") -> Tree:
    """An asset with four faults, as they happen on a rig: the one that the demo shows."""
    tree = edited(base, "subject.json", subject_id="654321")
    processing = tree.files["processing.json"]
    assert isinstance(processing, bytes)
    tree.files["processing.json"] = processing[:-40]
    tree.files["Data_Description.json"] = tree.files.pop("data_description.json")
    del tree.files["procedures.json"]
    return tree


def edited(base: str, file: str, **fields: object) -> Tree:
    """A base in which some fields of a sidecar have other values."""
    tree = base_tree(base)
    content = tree.files[file]
    assert isinstance(content, bytes)
    tree.files[file] = json.dumps({**json.loads(content), **fields}, indent=2, ensure_ascii=False).encode() + b"\n"
    return tree


def interruptible() -> None:
    """Let a new process be interrupted: a suite that a shell runs in the background ignores that, and hands it on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
