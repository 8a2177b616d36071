"""Closed and full standard streams, and file names in every locale, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aind_lint import publish
from aind_lint.app.checking.check import check
from aind_lint.errors import UsageError
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, RAW_2X, environment, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors and locales differ")

#: Older metadata needs no models, which take a second to load.
_PUBLISH = ("publish", RAW_0X, "--to", "./bucket", "--yes", "--receipt", "receipt.json")
#: An old locale: every byte of a file name that is not ASCII is unknown to Python.
_ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def _run_without(closed: list[int], folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    command = [sys.executable, "-m", "aind_lint", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, preexec_fn=close, timeout=60, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_publishing_without_standard_streams(closed: list[int], tmp_path: Path) -> None:
    base_tree("founding-raw-0x").write(tmp_path)
    done = _run_without(closed, tmp_path, *_PUBLISH)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "receipt.json").read_text(encoding="utf-8"))["state"] == "published"
    assert (tmp_path / "bucket" / RAW_0X / "data_description.json").exists()


def test_a_report_is_written_without_standard_streams(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    done = _run_without([0, 1, 2], tmp_path, "check", "--fast", "--format", "json=report.json")
    assert done.returncode == 0
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["summary"]["assets"] == 1


def test_without_standard_input_nobody_confirms(tmp_path: Path) -> None:
    base_tree("founding-raw-0x").write(tmp_path)
    done = _run_without([0], tmp_path, "publish", RAW_0X, "--to", "./bucket")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"without a terminal to confirm it, add --yes" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="there is no /dev/full")
def test_a_full_disk_after_the_commit(tmp_path: Path) -> None:
    base_tree("founding-raw-0x").write(tmp_path)
    command = [sys.executable, "-m", "aind_lint", *_PUBLISH]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        again = subprocess.run(
            command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=full, check=False
        )
    problem = "but the result cannot be printed: no space left on device\n"
    assert (done.returncode, done.stderr) == (2, f"error: {RAW_0X} is published in ./bucket, {problem}")
    assert (tmp_path / "receipt.json").exists()
    assert again.returncode == 0, "messages that cannot be shown are no failure"


def test_file_names_are_utf8_in_every_locale(tmp_path: Path) -> None:
    tree = base_tree("raw-2x")
    tree.files["behavior/café.txt"] = b"x"
    tree.write(tmp_path)
    arguments = ("check", "--fast", "--no-cache", "--format", "json=report.json")
    done = run(tmp_path, *arguments, **_ASCII)
    assert done.returncode == 0, done.stdout
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["summary"]["errors"] == 0


def test_the_library_refuses_another_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base_tree("raw-2x").write(tmp_path)
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "iso8859-1")
    report = check([tmp_path / RAW_2X])
    assert "file names are UTF-8, but this process reads them as iso8859-1" in str(report.assets[0].read_error)
    assert report.exit_code() == 2
    with pytest.raises(UsageError, match="file names are UTF-8"):
        publish(tmp_path / RAW_2X, to=str(tmp_path / "bucket"))


@pytest.mark.skipif(sys.platform != "linux", reason="the file system of macOS takes UTF-8 only, and one form of it")
def test_names_that_are_not_utf8_and_twins_are_visible(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    folder = os.fsencode(tmp_path / RAW_2X / "behavior")
    for name in (b"caf\xe9.txt", "é.txt".encode(), "e\u0301.txt".encode()):
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(b"x")
    done = run(tmp_path, "check", "--fast", "--no-cache", "--select", "KEY")
    assert "contains the byte E9, which is not UTF-8" in done.stdout
    assert r"differ only in the form of a character: \xe9. and e\u0301" in done.stdout
