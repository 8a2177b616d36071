"""Hard links into the source are found on Windows, too, where a listing does not contain them."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from aind_lint.asset.listing.hard_links import find_hard_links
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import DERIVED_2X, RAW_2X, run_here


@pytest.fixture(params=["this system", "Windows"])
def assets(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a derived asset beside its source."""
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path / "cache"))
    if request.param == "Windows":
        monkeypatch.setattr("aind_lint.asset.listing.folder_scan._WINDOWS", True)
    for base in ("raw-2x", "derived-2x"):
        base_tree(base).write(tmp_path)
    return tmp_path


def replace_by_hard_link(assets: Path) -> str:
    """Make one file of the derived asset a hard link to one of the source with the same content."""
    source = next(path for path in sorted((assets / RAW_2X).rglob("*")) if path.is_file() and path.suffix != ".json")
    file = assets / DERIVED_2X / "sorted" / source.name
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    file.hardlink_to(source)
    return file.relative_to(assets / DERIVED_2X).as_posix()


def test_a_hard_link_in_the_place_of_an_equal_file_is_found_despite_the_cache(assets: Path) -> None:
    key = replace_by_hard_link(assets)
    file = assets / DERIVED_2X / key
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    for _ in range(2):
        assert "SEP203" not in run_here(assets, "check", DERIVED_2X).stdout
    replace_by_hard_link(assets)
    for _ in range(2):
        assert f"{key} is a hard link to {RAW_2X}/" in run_here(assets, "check", DERIVED_2X).stdout


@pytest.mark.parametrize("zeros", ["st_ino", "st_nlink"])
def test_files_without_a_number_are_not_checked(zeros: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aind_lint.asset.listing.folder_scan._WINDOWS", True)
    for base in ("raw-2x", "derived-2x"):
        base_tree(base).write(tmp_path)
    real = os.lstat

    def lstat(path: str, **options: int) -> object:
        info = real(path, **options)
        if DERIVED_2X not in str(path):
            return info
        return SimpleNamespace(**{"st_dev": info.st_dev, "st_ino": info.st_ino, "st_nlink": 1, zeros: 0})

    run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes")
    monkeypatch.setattr("aind_lint.asset.listing.hard_links.os", SimpleNamespace(lstat=lstat))
    done = run_here(tmp_path, "publish", DERIVED_2X, "--to", "./bucket", "--yes")
    assert done.returncode == 1
    assert f"was not published: not checked: SEP203 (whether {DERIVED_2X}/" in done.stdout
    assert "copy the asset to a local disk" in done.stdout
    assert not (tmp_path / "bucket" / DERIVED_2X).exists()


def test_every_file_with_several_names_is_found(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / str(number)).write_bytes(b"")
    (tmp_path / "link").hardlink_to(tmp_path / "7")
    links = find_hard_links(tmp_path, [path.name for path in tmp_path.iterdir()])
    assert links.unknown is None
    assert sorted(links.identities) == ["7", "link"]
    assert links.identities["7"] == links.identities["link"]


def test_a_file_that_is_gone_is_not_checked(tmp_path: Path) -> None:
    assert find_hard_links(tmp_path, ["gone"]).unknown == ("gone", "no such file or directory")
