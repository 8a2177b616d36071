"""Unfinished multipart uploads: none is open after a commit, and later ones are reported and aborted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faulty_server import FaultServer, running_fault_server
from tests.publication.disturbed import S3Bench, s3_bench, write_asset_of_all_sizes
from tests.publication.fault_trial import Case, try_cases
from tests.servers import SeaweedFS

LARGE = "behavior/video.bin"


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    return write_asset_of_all_sizes(tmp_path / "rig")


@pytest.fixture
def bench(seaweedfs: SeaweedFS, tmp_path: Path) -> S3Bench:
    return s3_bench(tmp_path, seaweedfs, seaweedfs.endpoint_url)


def begin(bench: S3Bench, asset: Path, key: str) -> str:
    name = f"{asset.name}/{key}"
    return bench.server.client.create_multipart_upload(Bucket=bench.bucket, Key=name)["UploadId"]


def open_keys(bench: S3Bench) -> list[str]:
    return [item["Key"] for item in bench.server.client.list_multipart_uploads(Bucket=bench.bucket).get("Uploads", [])]


def test_earlier_uploads_of_the_asset_are_aborted_at_the_commit_and_others_stay(bench, asset):
    for key in (LARGE, LARGE, "subject.json", "original_metadata/subject.20260101.json"):
        begin(bench, asset, key)
    assert bench.publish(asset).code == 0
    assert open_keys(bench) == [f"{asset.name}/original_metadata/subject.20260101.json"]


def test_an_upload_begun_after_the_commit_is_reported_and_aborted(bench, asset):
    assert bench.publish(asset).code == 0
    begin(bench, asset, LARGE)
    verified = bench.run("verify", asset.name, "--in", bench.address)
    assert verified.code == 0
    assert f"1 unfinished multipart upload, not part of the asset: {LARGE}" in verified.output
    assert "publishing the same content again aborts them" in verified.output
    assert bench.publish(asset).code == 0
    assert open_keys(bench) == []
    assert "unfinished multipart upload" not in bench.run("verify", asset.name, "--in", bench.address).output


@pytest.mark.parametrize("kind", ["done late", "done last"])
def test_an_upload_that_the_server_creates_late(kind, asset, seaweedfs, tmp_path):
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        number = _number_of_beginning(asset, seaweedfs, faults, tmp_path)
        try_cases([Case(kind, number, False)], asset, faults, seaweedfs, tmp_path)


def _number_of_beginning(asset: Path, server: SeaweedFS, faults: FaultServer, folder: Path) -> int:
    assert s3_bench(folder, server, faults.endpoint_url).publish(asset).code == 0
    return next(request.number for request in faults.wait_until_idle() if "uploads" in request.query and request.writes)
