"""An asset has the name that its folder has on disk, and every file is opened under exactly its own name."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.examples.bases import base_tree
from aind_lint.system import disk_paths
from aind_lint.system.disk_paths import literal_path, path_on_disk, readable_path
from tests.cli.run_command import RAW_0X, run_here

windows = pytest.mark.skipif(os.name != "nt", reason="only Windows writes paths like this")


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    base_tree("founding-raw-0x").write(tmp_path)
    return tmp_path / RAW_0X


@pytest.fixture
def ignores_case(tmp_path: Path) -> bool:
    (tmp_path / "case").mkdir()
    return (tmp_path / "CASE").exists()


def test_the_name_is_that_on_disk_whatever_case_was_typed(asset, ignores_case):
    typed = asset.with_name(RAW_0X.upper())
    if not ignores_case:
        assert path_on_disk(typed) == typed
        typed = asset
    assert scan_folder(path_on_disk(typed)).name == RAW_0X
    assert '"valid"' in run_here(asset.parent, "name", RAW_0X, "--format", "json").stdout


def test_a_disk_that_ignores_case_is_asked_for_the_spelling(asset, monkeypatch):
    real = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: real(path) or real(str(path).lower()))
    assert path_on_disk(asset.with_name(RAW_0X.upper())) == asset


def test_two_names_that_differ_by_case_are_two_folders(asset, ignores_case):
    if ignores_case:
        pytest.skip("this disk ignores case")
    other = asset.with_name(RAW_0X.swapcase())
    other.mkdir()
    assert [path_on_disk(asset).name, path_on_disk(other).name] == [asset.name, other.name]


def test_what_does_not_exist_keeps_its_spelling(tmp_path):
    assert path_on_disk(tmp_path / "Nothing") == tmp_path / "Nothing"


@windows
@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(lambda path: f"{path}\\", id="backslash at the end"),
        pytest.param(lambda path: f"{path}.", id="dot at the end"),
        pytest.param(lambda path: str(path).upper(), id="other case"),
        pytest.param(lambda path: path.as_posix(), id="slashes"),
        pytest.param(lambda path: f"\\\\?\\{path}", id="literal"),
        pytest.param(lambda path: f"\\\\?\\{path}".lower(), id="literal in other case"),
        pytest.param(lambda path: f"\\\\localhost\\{path.drive[0]}$\\{path.relative_to(path.anchor)}", id="share"),
    ],
)
def test_every_spelling_of_windows_is_the_same_asset(spelling, asset):
    typed = spelling(asset)
    if typed.startswith("\\\\localhost") and not Path(typed).exists():
        pytest.skip("this machine has no administrative share")
    found = run_here(asset.parent, "check", typed, "--fast", "--format", "json")
    assert f'"name": "{RAW_0X}"' in found.stdout, found.stdout + found.stderr
    assert "\\\\" not in found.stdout  # programs get "/"
    done = run_here(asset.parent, "publish", typed, "--to", ".\\bucket", "--yes")
    assert done.returncode == 0 and (asset.parent / "bucket" / RAW_0X / "subject.json").is_file(), done.stderr


@windows
def test_a_file_is_opened_under_exactly_its_own_name(asset):
    """Windows itself opens ``trial`` for ``trial.``, so one file would be published with the content of the other."""
    for name in ("trial", "trial.", "con.csv"):
        Path(f"{literal_path(asset)}\\behavior\\{name}").write_text(name)
    listing = scan_folder(asset)
    for name in ("trial", "trial.", "con.csv"):
        with listing.open(f"behavior/{name}") as stream:
            assert stream.read() == name.encode()
    shutil.rmtree(literal_path(asset))  # nothing else can remove such files


@windows
def test_a_quotation_mark_comes_from_the_shell(asset):
    done = run_here(asset.parent, "check", f'{asset}" --format json')
    assert done.returncode == 2
    assert "without the backslash before the closing quotation mark" in done.stderr


@windows
def test_reports_for_people_have_backslashes(asset):
    (asset / "behavior" / "empty file.csv").touch()
    done = run_here(asset.parent, "check", "--fast", "--format", "concise")
    assert f"{RAW_0X}\\behavior\\empty file.csv: " in done.stdout
    assert f"{RAW_0X}/" not in done.stdout
    done = run_here(asset.parent, "check", "--fast")
    assert "--> behavior\\empty file.csv" in done.stdout


@pytest.mark.parametrize(
    ("path", "readable"),
    [
        ("\\\\?\\C:\\data", "C:\\data"),
        ("\\\\?\\UNC\\server\\share\\data", "\\\\server\\share\\data"),
        ("\\\\?\\Volume{b75e2c83-0000-0000-0000-602f00000000}\\data", None),
        ("C:\\data", "C:\\data"),
    ],
)
@windows
def test_readable_and_literal_paths(path, readable):
    assert str(readable_path(Path(path))) == (readable or path)
    assert literal_path(Path(readable or path)) == (path if path.startswith("\\\\?\\") else f"\\\\?\\{path}")


@windows
def test_a_long_path_is_literal(tmp_path):
    deep = tmp_path.joinpath(*["a folder with quite a long name of its own"] * 6)
    assert str(path_on_disk(deep)).startswith("\\\\?\\")
    assert len(str(deep)) > disk_paths._MAX_ORDINARY
