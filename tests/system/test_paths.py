"""Folders of state and caches: where the variables or the system say, and those of version 0.1 are still found."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aind_lint.errors import UsageError
from aind_lint.system.paths import cache_folder, state_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AIND_LINT_STATE_DIR", "AIND_LINT_CACHE_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdirs.macos import MacOS

    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("platformdirs.PlatformDirs", MacOS)


@pytest.fixture
def windows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdirs.windows import Windows

    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("platformdirs.PlatformDirs", Windows)
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda name: str(home / "AppData" / "Local"))


def test_the_variables_name_the_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIND_LINT_STATE_DIR", str(tmp_path / "a"))
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path / "b"))
    assert (state_folder(), cache_folder()) == (tmp_path / "a", tmp_path / "b")


@pytest.mark.skipif(os.name == "nt", reason="these are the folders of Linux")
@pytest.mark.parametrize("linux", [True, False])
def test_the_defaults_are_those_of_version_0_1(home: Path, linux: bool, request: pytest.FixtureRequest) -> None:
    if linux:
        expected = home / ".local/state/aind-lint", home / ".cache/aind-lint"
    else:
        request.getfixturevalue("macos")
        expected = home / "Library/Application Support/aind-lint", home / "Library/Caches/aind-lint"
    assert (state_folder(), cache_folder()) == expected


@pytest.mark.skipif(os.name == "nt", reason="XDG variables are of Unix")
def test_the_variables_of_the_desktop_are_honored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "b"))
    assert (state_folder(), cache_folder()) == (tmp_path / "a/aind-lint", tmp_path / "b/aind-lint")


@pytest.mark.usefixtures("windows")
def test_the_defaults_on_windows_are_those_of_version_0_1(home: Path) -> None:
    local = home / "AppData" / "Local" / "aind-lint"
    assert (state_folder(), cache_folder()) == (local, local / "Cache")


@pytest.mark.usefixtures("macos")
@pytest.mark.parametrize(
    ("folder", "variable", "old"),
    [
        (state_folder, "XDG_STATE_HOME", "Library/Application Support"),
        (cache_folder, "XDG_CACHE_HOME", "Library/Caches"),
    ],
)
def test_on_macos_a_folder_of_version_0_1_stays_in_use(
    folder: Callable[[], Path], variable: str, old: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "xdg"))
    before = folder()
    (home / old / "aind-lint").mkdir(parents=True)
    assert folder() == home / old / "aind-lint"
    (tmp_path / "xdg" / "aind-lint").mkdir(parents=True)
    assert folder() == before


@pytest.mark.usefixtures("windows")
def test_on_windows_a_folder_of_version_0_1_stays_in_use(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "elsewhere"))
    assert state_folder() == home / "AppData" / "Local" / "aind-lint"
    (tmp_path / "elsewhere" / "aind-lint" / "Cache").mkdir(parents=True)
    assert state_folder() == tmp_path / "elsewhere" / "aind-lint"
    assert cache_folder() == tmp_path / "elsewhere" / "aind-lint" / "Cache"


@pytest.mark.skipif(os.name == "nt", reason="every account has a folder of local data there")
@pytest.mark.usefixtures("no_home_folder")
def test_an_account_without_a_home_folder() -> None:
    assert cache_folder() is None
    with pytest.raises(UsageError, match="name a folder in AIND_LINT_STATE_DIR"):
        state_folder()
