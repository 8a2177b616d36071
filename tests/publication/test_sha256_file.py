"""The SHA-256 of every file, verified with the standard command."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aind_lint import UsageError, publish
from aind_lint.bucket import body as body_module
from tests.cli.run_command import run
from tests.publication.conftest import write_asset


@pytest.fixture
def asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An asset with small files, one that is read in pieces, one in parts, and one without bytes."""
    monkeypatch.setattr(body_module, "_SMALLEST_PART", 5 * 2**20)
    large = {"behavior/video.bin": os.urandom(6 * 2**20), "behavior/a b.bin": os.urandom(2 * 2**20 + 1)}
    return write_asset(tmp_path / "rig", **large, **{"behavior/empty.csv": b""})


def check(sums: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["sha256sum", "--check", "--strict", str(sums)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not installed")
def test_sha256sum_checks_them(asset, directory, tmp_path):
    sums = tmp_path / "sums.txt"
    receipt = publish(asset, directory.address, sha256=sums)
    assert receipt.sha256 == hashlib.sha256(sums.read_bytes()).hexdigest()
    assert json.loads(receipt.to_json())["sha256"] == receipt.sha256
    assert len(sums.read_text(encoding="utf-8").splitlines()) == receipt.files
    for folder in (asset, Path(directory.address) / asset.name):
        done = check(sums, folder)
        assert (done.returncode, done.stdout.count(": OK\n")) == (0, receipt.files), done
    for key in ("behavior/video.bin", "behavior/a b.bin", "subject.json"):
        copy = shutil.copytree(asset, tmp_path / "copies" / key.replace("/", "-"))
        (copy / key).write_bytes(b"forged")
        done = check(sums, copy)
        assert (done.returncode, f"{key}: FAILED\n" in done.stdout) == (1, True), done


def test_none_are_computed_without_the_option(asset, directory, tmp_path):
    assert publish(asset, directory.address).sha256 is None


@pytest.mark.parametrize("place", ["inside", "missing/folder/sums.txt"])
def test_where_they_cannot_be_written_nothing_is_published(asset, directory, tmp_path, place):
    file = asset / "sums.txt" if place == "inside" else tmp_path / place
    with pytest.raises(UsageError, match=r"is inside the asset|cannot be written to .*: no such file"):
        publish(asset, directory.address, sha256=file)
    assert directory.objects() == {}
    assert not file.exists()


@pytest.mark.slow
def test_the_command_takes_one_file_for_one_asset(asset, directory, tmp_path):
    arguments = ["publish", str(asset), "--to", directory.address, "--yes", "--sha256", str(tmp_path / "sums.txt")]
    assert run(tmp_path, *arguments).returncode == 0
    assert (tmp_path / "sums.txt").stat().st_size > 0
    done = run(tmp_path, *arguments, str(asset))
    assert (done.returncode, "--sha256 works with one asset only" in done.stderr) == (2, True), done
