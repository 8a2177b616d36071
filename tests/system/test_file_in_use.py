"""A file that another program has open: it is named, and nothing is published until it is closed."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, run_here

windows = pytest.mark.skipif(os.name != "nt", reason="other systems share files")

KEY = "behavior/trials.csv"


@pytest.fixture
def file(tmp_path):
    base_tree("raw-2x").write(tmp_path)
    return tmp_path / RAW_2X / "behavior" / "trials.csv"


def publish(folder):
    done = run_here(folder, "publish", RAW_2X, "--to", "./bucket", "--yes")
    assert not (folder / "bucket" / RAW_2X / "data_description.json").exists() or done.returncode == 0
    return done


@contextmanager
def being_written(file):
    """Have the file open as its writer has it; elsewhere, locked as HDF5 locks it."""
    with file.open("ab") as stream:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def test_a_file_that_is_being_written(file, tmp_path):
    with being_written(file):
        done = publish(tmp_path)
        assert done.returncode == 2
        assert f"{KEY} is in use by another program; is it still being written?" in done.stderr
    assert publish(tmp_path).returncode == 0


def test_the_watcher_waits_until_it_is_closed(file, tmp_path):
    (tmp_path / f"{RAW_2X}.ready").touch()
    watch = ("watch", ".", "--to", "./bucket", "--once")
    with being_written(file):
        done = run_here(tmp_path, *watch)
        assert done.returncode == 1
        assert f"not finished yet, trying again later: {KEY} is in use by another program" in done.stderr
        assert (tmp_path / f"{RAW_2X}.ready").exists()
    assert run_here(tmp_path, *watch).returncode == 0


@windows
def test_a_file_that_is_open_for_reading_is_published(file, tmp_path):
    with file.open("rb"):
        assert publish(tmp_path).returncode == 0


@windows
def test_a_locked_range(file, tmp_path):
    msvcrt: Any = import_module("msvcrt")
    with file.open("r+b") as stream:
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 10)
        done = publish(tmp_path)
        assert done.returncode == 2
        assert f"{KEY} is in use by another program" in done.stderr


@windows
def test_a_file_that_is_shared_with_nobody(file, tmp_path):
    winapi: Any = import_module("_winapi")
    handle = winapi.CreateFile(str(file), winapi.GENERIC_READ, 0, 0, winapi.OPEN_EXISTING, 0, 0)
    try:
        done = publish(tmp_path)
        assert done.returncode == 2
        assert f"cannot read {KEY}: " in done.stderr
    finally:
        winapi.CloseHandle(handle)


@windows
def test_a_read_only_file_is_published(file, tmp_path):
    file.chmod(0o444)
    try:
        assert publish(tmp_path).returncode == 0
    finally:
        file.chmod(0o644)
