"""What Windows does, made to happen here: the whole way of an asset on a system that lacks what POSIX has."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.cli.main import COMMANDS
from aind_lint.errors import AindLintError
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, RAW_2X, broken, run, run_here


@pytest.fixture
def windows(monkeypatch):
    """No hard links, no opening or flushing of folders, no looking up below an open folder."""
    real = os.open

    def open_(path, flags, *arguments, **options):
        if isinstance(path, (str, os.PathLike)) and Path(path).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, flags, *arguments, **options)

    def link(source, target, **_):
        raise OSError(errno.ENOTSUP, "The request is not supported", source, None, target)

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "link", link)
    monkeypatch.setattr(os, "supports_fd", set())
    monkeypatch.setattr(os, "supports_dir_fd", set())


def test_a_worker_that_ends_at_its_start_is_an_error(tmp_path, monkeypatch):
    """The pipe of such a process never becomes ready on Windows."""
    start = BaseProcess.start

    def start_and_end(process):
        start(process)
        process.terminate()

    monkeypatch.setattr(BaseProcess, "start", start_and_end)
    assets = [base_tree("raw-2x").write(tmp_path / str(number)) for number in range(3)]
    with pytest.raises(AindLintError, match=r"the process that checked .* was killed by signal"):
        check(assets, jobs=2, cache=False, fast=True)


def test_demo_check_and_publish(windows, tmp_path):
    base_tree("raw-2x").write(tmp_path)
    for arguments in (
        ("check", RAW_2X, "--bucket", "bucket"),
        ("publish", RAW_2X, "--to", "./bucket", "--yes"),
        ("publish", RAW_2X, "--to", "./bucket", "--yes"),
        ("verify", RAW_2X, "--in", "bucket", "--deep"),
    ):
        (tmp_path / "bucket").mkdir(exist_ok=True)
        done = run_here(tmp_path, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_different_content_is_still_a_conflict(windows, tmp_path):
    base_tree("raw-2x").write(tmp_path)
    assert run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 0
    (tmp_path / RAW_2X / "behavior" / "trials.csv").write_bytes(b"trial,start_time,rewarded\n0,0.250,1\n")
    assert run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_fits_the_code_page(command, tmp_path):
    done = run(tmp_path, command, "--help", PYTHONIOENCODING="cp1252:strict", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "--format", "github"),
        ("check", "--format", "markdown"),
        ("check", "--format", "html"),
        ("check", "--format", "junit"),
        ("check", "--format", "sarif"),
        ("check", "--format", "jsonl"),
        ("publish", RAW_0X, "--to", "./bucket", "--yes"),
        ("watch", ".", "--to", "./bucket", "--once", "--still", "0"),
        ("demo", "demo"),
        ("rules",),
        ("rules", "--format", "markdown"),
        ("schemas",),
        ("completion", "powershell"),
        ("config", "show"),
    ],
    ids=" ".join,
)
@pytest.mark.slow
def test_every_output_fits_the_code_page(arguments, tmp_path):
    broken().write(tmp_path)
    done = run(tmp_path, *arguments, PYTHONIOENCODING="cp1252:strict", PYTHONUTF8="0")
    assert done.returncode in (0, 1), done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("held", ["subject.json", "behavior/trials.csv"])
def test_a_file_in_use_is_named_and_nothing_is_written(tmp_path, monkeypatch, held):
    base_tree("raw-2x").write(tmp_path)
    real = os.open

    def open_(path, *arguments, **options):
        if str(path).endswith(held.rpartition("/")[2]):
            reason = "The process cannot access the file because it is being used by another process"
            raise PermissionError(errno.EACCES, reason, str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", open_)
    done = run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes")
    assert done.returncode in (2, 5)
    assert held in done.stderr and "used by another process" in done.stderr
    assert not list(tmp_path.glob(f"bucket/{RAW_2X}/*.json"))


class TestCase:
    """A disk on which one name in two cases is one file."""

    @pytest.fixture
    def folding(self, monkeypatch):
        def fold(real):
            def ask(path, *arguments, **options):
                if real(path, *arguments, **options) or not path.parent.is_dir():
                    return real(path, *arguments, **options)
                same = [other for other in path.parent.iterdir() if other.name.casefold() == path.name.casefold()]
                return bool(same) and real(same[0], *arguments, **options)

            return ask

        real_is_dir = Path.is_dir
        monkeypatch.setattr(Path, "is_file", fold(Path.is_file))
        monkeypatch.setattr(Path, "exists", fold(Path.exists))
        monkeypatch.setattr(Path, "is_dir", lambda path: real_is_dir(path))

    def test_a_sidecar_in_another_case_is_reported_as_misnamed(self, folding, tmp_path):
        tree = base_tree("raw-2x")
        tree.files["Subject.json"] = tree.files.pop("subject.json")
        tree.write(tmp_path)
        done = run_here(tmp_path, "check", RAW_2X)
        assert done.returncode == 1 and "SID120" in done.stdout

    def test_keys_that_differ_by_case_are_reported_on_every_system(self, tmp_path):
        tree = base_tree("raw-2x")
        tree.files["behavior/TRIALS.csv"] = tree.files["behavior/trials.csv"]
        try:
            tree.write(tmp_path)
        except FileExistsError:
            pytest.skip("this disk folds case")
        done = run_here(tmp_path, "check", RAW_2X)
        assert "KEY103" in done.stdout

    def test_an_asset_named_in_another_case_is_reported(self, folding, tmp_path):
        tree = base_tree("founding-raw-0x")
        tree.name = tree.name.replace("ecephys", "Ecephys")
        tree.write(tmp_path)
        assert run_here(tmp_path, "check", tree.name).returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="such files cannot be made there")
@pytest.mark.parametrize("name", ["aux.json", "con", "NUL.txt", "COM1.csv", "trailing.", "trailing "])
def test_names_that_windows_reserves_are_reported(tmp_path, name):
    tree = base_tree("raw-2x")
    tree.files[f"behavior/{name}"] = b"x,y\n1,2\n"
    tree.write(tmp_path)
    done = run_here(tmp_path, "check", RAW_2X)
    assert "KEY105" in done.stdout or "KEY106" in done.stdout


class TestLongPaths:
    """Paths over 260 characters."""

    @pytest.fixture
    def deep(self, tmp_path):
        parent = tmp_path.joinpath(*["a folder with quite a long name of its own"] * 5)
        if sys.platform == "win32" and hasattr(ctypes.windll.ntdll, "wine_get_version"):
            # Wine 8 has a buffer of 260 characters to say which folder a path leads to: only the files are beyond it.
            parent = tmp_path / ("a" * (250 - len(str(tmp_path)) - len(RAW_2X)))
        parent.mkdir(parents=True)
        base_tree("raw-2x").write(parent)
        assert len(str(parent / RAW_2X / "data_description.json")) > 260
        return parent

    def test_they_are_checked_and_published(self, deep, tmp_path):
        done = run_here(tmp_path, "publish", str(deep / RAW_2X), "--to", "./bucket", "--yes")
        assert done.returncode == 0, done.stderr
        assert run_here(tmp_path, "verify", str(deep / RAW_2X), "--in", "bucket", "--deep").returncode == 0

    def test_an_error_of_the_system_is_quoted(self, deep, tmp_path, monkeypatch):
        def refuse(real):
            def call(path, *arguments, **options):
                if not isinstance(path, int) and len(str(path)) > 260:
                    raise FileNotFoundError(errno.ENOENT, "The filename or extension is too long", str(path))
                return real(path, *arguments, **options)

            return call

        for function in ("scandir", "open", "stat", "listdir"):
            monkeypatch.setattr(os, function, refuse(getattr(os, function)))
        done = run_here(tmp_path, "check", str(deep / RAW_2X))
        assert done.returncode == 2
        assert "too long" in done.stderr or "does not exist" in done.stderr
