"""A watched folder that other users may write: no link is followed, and nothing waits for a pipe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aind_lint.app.watching.idle_tracker import STATE_FILE
from aind_lint.app.watching.watcher_lock import HOLDER_FILE, LOCK_FILE
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here
from tests.links import make_link
from tests.publication.many_files import only_linux

pytestmark = pytest.mark.slow  # whole publications

RAW = base_tree("raw-2x").name


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    """A rig with a watched folder, and a file outside of it that must not change."""
    (tmp_path / "data").mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    base_tree("raw-2x").write(tmp_path / "data")
    (tmp_path / "data" / f"{RAW}.ready").touch()
    return tmp_path


def scan_once(rig: Path, *options: str):
    done = run_here(rig, "watch", "data", "--to", "./bucket", "--once", *options)
    assert (rig / "precious").read_bytes() == b"precious"
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("name", [LOCK_FILE, "aind-lint-watch.log"])
def test_a_link_under_the_name_of_the_lock_or_log_is_refused(rig, name):
    make_link(rig / "data" / name, rig / "precious")
    done = scan_once(rig)
    assert (done.returncode, name in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("name", [HOLDER_FILE, STATE_FILE])
def test_a_link_under_the_name_of_a_state_file_is_replaced(rig, name):
    make_link(rig / "data" / name, rig / "precious")
    (rig / "data" / f"{RAW}.ready").unlink()
    assert scan_once(rig, "--still", "60").returncode == 0
    assert not (rig / "data" / name).is_symlink() and (rig / "data" / STATE_FILE).is_file()


@pytest.mark.parametrize("name", ["report.json", "report.txt", "receipt.json"])
def test_a_link_under_the_name_of_a_report_is_replaced(rig, name):
    (rig / "data" / "done").mkdir()
    link = rig / "data" / "done" / f"{RAW}.{name}"
    make_link(link, rig / "precious")
    assert scan_once(rig).returncode == 0
    assert link.is_file() and not link.is_symlink()


def test_a_link_under_the_name_of_the_folder_of_reports_is_refused(rig):
    (rig / "elsewhere").mkdir()
    make_link(rig / "data" / "done", rig / "elsewhere")
    done = scan_once(rig)
    assert done.returncode == 1 and "its files cannot be written" in done.stderr, done.stderr
    assert list((rig / "elsewhere").iterdir()) == []


def test_a_marked_link_is_not_published(rig):
    (rig / "data" / RAW).rename(rig / RAW)
    make_link(rig / "data" / RAW, rig / RAW)
    done = scan_once(rig)
    assert done.returncode == 1 and "is a link" in done.stderr and not (rig / "bucket").exists()


@only_linux
@pytest.mark.parametrize("name", [LOCK_FILE, "aind-lint-watch.log", HOLDER_FILE, STATE_FILE])
def test_a_pipe_does_not_stop_the_watcher(rig, name):
    os.mkfifo(rig / "data" / name)
    done = scan_once(rig, "--still", "60")
    assert done.returncode == (2 if name in (LOCK_FILE, "aind-lint-watch.log") else 0), done.stderr
