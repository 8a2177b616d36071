"""A full disk: publishing goes on where it can, and nothing claims to be published that is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aind_lint import publish
from aind_lint.bucket import body as body_module
from aind_lint.bucket.body import Body
from aind_lint.errors import UsageError
from tests.commands import Conditions
from tests.publication.disturbed import (
    assert_committed,
    assert_undamaged,
    directory_bench,
    is_visible,
    s3_bench,
    write_asset_of_all_sizes,
)

pytestmark = pytest.mark.slow  # whole publications, or many generated assets

resource = pytest.importorskip("resource", reason="this system has no limits for files")

#: Bytes that neither journal nor manifest of so many files fits into; and those that no receipt does.
NO_ROOM, FILES, NO_ROOM_AT_ALL = 4000, 100, 600


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    many = {f"behavior/{number}.bin": b"%d" % number for number in range(FILES)}
    return write_asset_of_all_sizes(tmp_path / "rig", **many)


def receipts(folder: Path) -> list[Path]:
    return list((folder / "state" / "receipts").glob("*"))


def test_without_space_for_journal_and_receipt_publishing_warns(asset, seaweedfs, tmp_path):
    bench = s3_bench(tmp_path, seaweedfs, seaweedfs.endpoint_url)
    done = subprocess.run(
        [sys.executable, "-m", "aind_lint", "publish", asset, "--to", bench.address, "--yes", *bench.options],
        env={**os.environ, **bench.environment, "AIND_LINT_STATE_DIR": str(tmp_path / "state")},
        stdin=subprocess.DEVNULL,
        capture_output=True,  # by pipes: a log would be cut off too
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (NO_ROOM_AT_ALL, NO_ROOM_AT_ALL)),
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "the journal cannot be written to" in done.stderr and "resuming will read the bucket instead" in done.stderr
    assert "warning: the receipt could not be saved (file too large)" in done.stderr
    assert receipts(tmp_path) == []
    assert_committed(bench.objects(), asset)
    assert "is already published" in bench.publish(asset).output
    (receipt,) = receipts(tmp_path)
    assert json.loads(receipt.read_bytes())["state"] == "already published"


def test_a_truncated_journal_can_be_resumed(asset, seaweedfs, tmp_path):
    bench = s3_bench(tmp_path, seaweedfs, seaweedfs.endpoint_url)
    bench.conditions = Conditions(largest_file=NO_ROOM)
    command = bench.start(asset)
    while not any("/behavior/" in f"/{key}" for key in bench.objects()):
        assert not command.wait(0.001)
    command.kill()
    command.result()
    bench.conditions = Conditions()
    assert bench.publish(asset).code == 0
    assert_committed(bench.objects(), asset)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
def test_a_requested_receipt_that_cannot_be_written(asset, tmp_path):
    bench = directory_bench(tmp_path)
    done = bench.run("publish", str(asset), "--to", bench.address, "--yes", "--receipt", "/dev/full")
    assert done.code == 0
    assert "warning: the receipt could not be written to /dev/full (no space left on device)" in done.output
    assert len(receipts(tmp_path)) == 1


@pytest.mark.parametrize("room", [NO_ROOM, 100_000, 5 * 2**20], ids=["for the manifest", "for small files", "for most"])
def test_a_bucket_in_a_folder_that_is_full(room, asset, tmp_path):
    bench = directory_bench(tmp_path)
    bench.conditions = Conditions(largest_file=room)
    done = bench.publish(asset)
    assert done.code == 4, done.output
    assert f"the bucket {bench.address} cannot be used: file too large" in done.output
    assert "run the same command again to continue" in done.output and "is published" not in done.output
    assert not is_visible(bench.objects(), asset.name)
    assert_undamaged(bench.objects(), asset)
    bench.conditions = Conditions()
    assert bench.publish(asset).code == 0
    assert_committed(bench.objects(), asset)


def test_no_space_for_temporary_files(monkeypatch):
    monkeypatch.setattr(body_module, "_MAX_IN_MEMORY", 1000)
    body = Body.of_chunks(lambda: [b"x" * 1000] * 5)
    with (
        _limited(2000),
        pytest.raises(UsageError, match=r"5,000 bytes cannot be written to the folder for temporary files.*TMPDIR"),
    ):
        body.open()


@contextmanager
def _limited(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(os.name == "nt", reason="every account has a folder of local data there")
@pytest.mark.usefixtures("no_home_folder")
def test_without_a_home_folder_publish_requires_a_state_folder_before_it_writes(tmp_path):
    with pytest.raises(UsageError, match="name a folder in AIND_LINT_STATE_DIR"):
        publish(write_asset_of_all_sizes(tmp_path / "rig"), str(tmp_path / "bucket"))
    assert not list((tmp_path / "bucket").rglob("*.json"))
