"""Files of OneDrive and the like that are not on this computer: never downloaded, not checked, not published."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest

from aind_lint.asset.listing import folder_scan
from aind_lint.asset.listing.entry_kind import is_link, is_only_in_cloud
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, run_here


def entry(attributes: int = 0x20, tag: int = 0, mode: int = 0o100666, flags: int = 0) -> SimpleNamespace:
    """What ``stat`` returns for an entry on Windows, or with flags on macOS."""
    return SimpleNamespace(st_mode=mode, st_file_attributes=attributes, st_reparse_tag=tag, st_flags=flags)


@pytest.mark.parametrize(
    ("info", "link", "cloud"),
    [
        pytest.param(entry(), False, False, id="a file"),
        pytest.param(entry(0x401620, 0x9000701A), False, True, id="OneDrive: not downloaded"),
        pytest.param(entry(0x420, 0x9000701A), False, False, id="OneDrive: downloaded"),
        pytest.param(entry(0x40020), False, True, id="opening it downloads it"),
        pytest.param(entry(0x1020), False, True, id="moved to tape"),
        pytest.param(entry(0x420, 0x80000013), False, False, id="deduplicated by Windows Server"),
        pytest.param(entry(0x410, 0xA0000003, 0o40777), True, False, id="a junction"),
        pytest.param(entry(0x420, 0xA000001D), True, False, id="a link of WSL"),
        pytest.param(entry(mode=0o120777), True, False, id="a symbolic link"),
        pytest.param(entry(flags=0x40000000), False, True, id="iCloud: not downloaded"),
    ],
)
def test_what_the_attributes_of_an_entry_mean(info, link, cloud):
    assert (is_link(info), is_only_in_cloud(info)) == (link, cloud)


@pytest.fixture
def in_cloud(tmp_path, monkeypatch):
    """Declare files of the asset to be in the cloud; reading one fails the test."""
    base_tree("raw-2x").write(tmp_path)

    def declare(*keys: str) -> None:
        sizes = {(tmp_path / RAW_2X / key).stat().st_size for key in keys}
        monkeypatch.setattr(folder_scan, "is_only_in_cloud", lambda info: info.st_size in sizes)
        real = os.open

        def guarded(path, *arguments, **options):
            assert not str(path).replace("\\", "/").endswith(tuple(key.rpartition("/")[2] for key in keys)), path
            return real(path, *arguments, **options)

        monkeypatch.setattr(os, "open", guarded)

    return declare


def unchecked(folder) -> dict[str, str]:
    report = json.loads(run_here(folder, "check", RAW_2X, "--format", "json").stdout)
    (asset,) = report["assets"]
    assert asset["internal_errors"] == []
    return {f"{item['rule']} {item['file'] or ''}".strip(): item["because"] for item in asset["not_checked"]}


@pytest.mark.parametrize("key", ["behavior/trials.csv", "subject.json", "data_description.json"])
def test_they_are_not_checked_and_not_read(key, in_cloud, tmp_path):
    in_cloud(key)
    assert unchecked(tmp_path)["KEY102"].startswith(f"the content of {key} is in the cloud and not on this computer")
    if key.endswith(".json"):
        assert unchecked(tmp_path)[f"SID201 {key}"] == "the file could not be read"


def test_publishing_names_one_and_says_what_to_do(in_cloud, tmp_path):
    in_cloud("behavior/trials.csv", "subject.json")
    done = run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes")
    assert done.returncode == 1
    assert "the content of 2 files, such as behavior/trials.csv, is in the cloud" in done.stdout
    assert "choose 'Always keep on this device'" in done.stdout
    assert not (tmp_path / "bucket").exists()


def test_a_comparison_that_would_download_them_is_refused(in_cloud, tmp_path):
    assert run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 0
    in_cloud("behavior/trials.csv")
    done = run_here(tmp_path, "verify", RAW_2X, "--in", "./bucket")
    assert done.returncode == 2
    assert "cannot read behavior/trials.csv: its content is in the cloud, not on this computer" in done.stderr
