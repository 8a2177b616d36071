"""One asset that cannot be read is an error of its own; the others are reported, in every format."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import Body
from aind_lint.bucket.open_store import open_store
from aind_lint.examples.bases import base_tree
from aind_lint.report.formats import FORMATS
from tests.cli.run_command import run_here
from tests.servers import SeaweedFS

_DATE = "2022-12-12_05-06-07"
_GOOD, _SIDECAR, _FOLDER, _WHOLE, _DATA = (f"12345{number}_{_DATE}" for number in (6, 1, 2, 3, 4))
_UNPRIVILEGED = 65534


def _write(folder: Path, name: str) -> Path:
    tree = base_tree("raw-2x")
    tree.name = name
    return tree.write(folder)


@pytest.fixture
def assets() -> Iterator[Path]:
    """Four assets that this user cannot read completely, and a readable one."""
    if sys.platform == "win32":
        pytest.skip("permissions differ")
    folder = Path(tempfile.mkdtemp())
    for name in (_GOOD, _SIDECAR, _FOLDER, _WHOLE, _DATA):
        _write(folder, name)
    forbidden = (f"{_SIDECAR}/subject.json", f"{_FOLDER}/behavior", _WHOLE, f"{_DATA}/behavior/trials.csv")
    privileged = os.geteuid() == 0
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        if privileged:
            os.chown(path, _UNPRIVILEGED, _UNPRIVILEGED)
    formats = [option for name in FORMATS for option in ("--format", f"{name}={folder}/out.{name}")]
    assert run_here(folder, "check", _SIDECAR, "--fast", *formats).returncode == 1  # loads all modules
    for key in forbidden:
        (folder / key).chmod(0)
    for name in FORMATS:
        (folder / f"out.{name}").unlink()
    if privileged:
        os.seteuid(_UNPRIVILEGED)
    try:
        yield folder
    finally:
        if privileged:
            os.seteuid(0)
        for path in (folder / key for key in forbidden):
            path.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)


def test_the_others_are_reported_in_every_format(assets: Path) -> None:
    formats = [option for name in FORMATS for option in ("--format", f"{name}={assets}/out.{name}")]
    done = run_here(assets, "check", "--fast", "--no-cache", *formats)
    reasons = {
        _SIDECAR: f"cannot read subject.json of {_SIDECAR}: permission denied",
        _FOLDER: f"cannot read the folder {_FOLDER}/behavior: permission denied",
        _WHOLE: f"cannot read the folder {_WHOLE}: permission denied",
        _DATA: f"cannot read behavior/trials.csv of {_DATA}: permission denied",
    }
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"error: {reason}" for _, reason in sorted(reasons.items())]
    for name in FORMATS:
        text = (assets / f"out.{name}").read_text(encoding="utf-8").replace("\\", "")
        assert all(asset in text for asset in reasons), name
        assert text.replace("&#x2F;", "/").count("permission denied") >= 4, name
    report = json.loads((assets / "out.json").read_text(encoding="utf-8"))
    by_name = {asset["name"]: asset for asset in report["assets"]}
    assert {name: asset["read_error"] for name, asset in by_name.items()} == {**reasons, _GOOD: None}
    assert by_name[_GOOD]["rules_run"] > 50
    assert by_name[_DATA]["findings"], "the other findings of the asset are there"
    assert len(by_name[_SIDECAR]["not_checked"]) > 50


@pytest.mark.parametrize(
    "arguments", [["--jobs", "2"], ["--from-files", f"{_SIDECAR}/subject.json", f"{_WHOLE}/x", f"{_GOOD}/x"]]
)
def test_the_others_are_reported(arguments: list[str], assets: Path) -> None:
    if "--jobs" in arguments and not os.access(sys.executable, os.X_OK, effective_ids=True):
        pytest.skip("another user may not run this Python in processes of its own")
    done = run_here(assets, "check", "--fast", "--no-cache", *arguments, "--format", "json")
    names = {asset["name"]: asset["read_error"] for asset in json.loads(done.stdout)["assets"]}
    assert done.returncode == 2
    assert names[_GOOD] is None
    assert "permission denied" in str(names[_SIDECAR]) and "permission denied" in str(names[_WHOLE])


def test_a_cached_result_does_not_hide_it(assets: Path) -> None:
    for _ in range(2):
        assert run_here(assets, "check", _DATA, "--fast").returncode == 2


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_a_bucket_contains_besides_assets(
    jobs: str, seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs.secret_key)
    bucket = f"s3://{seaweedfs.make_bucket()}"
    store = open_store(bucket, s3)
    tree = base_tree("raw-2x")
    for key, content in tree.files.items():
        assert isinstance(content, bytes)
        store.create(f"{tree.name}/{key}", Body.of_bytes(content))
    for key in (f"{_SIDECAR}/.aind-lint/claim-1.json", "My Data/a.txt", "notes.txt", ".aind-lint-probe"):
        store.create(key, Body.of_bytes(b"{}"))
    done = run_here(
        tmp_path,
        "check",
        bucket,
        "--fast",
        "--jobs",
        jobs,
        "--format",
        "json",
        "--endpoint-url",
        seaweedfs.endpoint_url,
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert [asset["name"] for asset in report["assets"]] == [tree.name]
    assert report["summary"]["ignored"] == 3
    assert f"{bucket}/My Data/: not the name of an asset" in report["run"]["ignored"]
    assert f"{bucket}/notes.txt: an object outside any asset" in report["run"]["ignored"]
    assert f"{bucket}/{_SIDECAR}: an unfinished publication (attempt 1), not an asset yet" in done.stderr
    alone = run_here(tmp_path, "check", f"{bucket}/{_SIDECAR}", "--endpoint-url", seaweedfs.endpoint_url)
    assert (alone.returncode, alone.stdout, alone.stderr.count("\n")) == (3, "", 1)
    assert f"remove it with 'aind-lint abandon {_SIDECAR} --in {bucket}'" in alone.stderr
