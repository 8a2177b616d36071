"""An object in parts whose upload was cut off goes on where it stopped: no part that is stored is sent again."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tests.faulty_server import FaultServer, Request, running_fault_server
from tests.publication.disturbed import assert_careful, assert_committed, s3_bench, write_asset_of_all_sizes

VIDEO = "behavior/video.bin"


def parts_of(requests: list[Request]) -> dict[int, Request]:
    """The parts of the video that the server stored; the probe sends a part, too."""
    parts = [r for r in requests if "partNumber" in r.query and r.key.endswith(VIDEO)]
    return {int(r.query["partNumber"]): r for r in parts if r.status == 200}


def started_at(requests: list[Request]) -> int:
    started = [request for request in requests if request.method == "POST" and "uploads" in request.query]
    return sum(request.key.endswith(VIDEO) for request in started)


class Halting(FaultServer):
    """A server that stores the first part of an object, and further parts only after `going` is set."""

    may_list = True

    def __init__(self, endpoint_url: str, checksums: bool) -> None:
        super().__init__(endpoint_url, checksums)
        self.going = threading.Event()

    def refusal(self, request: Request) -> tuple[int, str] | None:
        if request.method == "GET" and "uploads" in request.query and not self.may_list:
            return 403, "AccessDenied"
        if request.query.get("partNumber", "1") == "1" or self.going.is_set():
            return None
        self.going.wait(60)
        return 503, "SlowDown"


class Unlisted(Halting):
    """The same of a bucket whose uploads may not be listed, only the parts of one that is known."""

    may_list = False


def killed_within(bench, asset: Path, faults: Halting) -> None:
    """Publish, and kill the run when one part of three is stored."""
    command = bench.start(asset)
    while not parts_of(faults.requests):
        assert not command.wait(0.005), command.result().output
    time.sleep(0.2)  # the reply has arrived
    command.kill()
    command.result()
    faults.going.set()
    assert set(parts_of(faults.wait_until_idle())) == {1}


@pytest.mark.parametrize("machine", ["state", "another"])
def test_resumed_after_a_kill(seaweedfs, tmp_path, machine):
    asset = write_asset_of_all_sizes(tmp_path / "rig", **{VIDEO: os.urandom(14 * 2**20)})
    with running_fault_server(seaweedfs.endpoint_url, kind=Halting) as faults:
        bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
        killed_within(bench, asset, faults)
        before = len(faults.requests)
        done = bench.publish(asset, state=machine)
        assert done.code == 0, done.output
        resumed = faults.requests[before:]
        assert set(parts_of(resumed)) == {2, 3}
        assert started_at(resumed) == 0
        # The journal knows the upload; without it the bucket is asked which there are.
        asked = [r for r in resumed if r.method == "GET" and r.query.get("prefix", "").endswith(VIDEO)]
        assert len(asked) == (machine == "another")
        assert_careful(faults.requests)
        assert_committed(bench.objects(), asset)
        assert bench.unfinished_uploads() == 0


def test_resumed_without_the_permission_to_list_uploads(seaweedfs, tmp_path):
    asset = write_asset_of_all_sizes(tmp_path / "rig", **{VIDEO: os.urandom(14 * 2**20)})
    with running_fault_server(seaweedfs.endpoint_url, kind=Unlisted) as faults:
        bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
        killed_within(bench, asset, faults)
        before = len(faults.requests)
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert set(parts_of(faults.requests[before:])) == {2, 3}
        assert_committed(bench.objects(), asset)
        assert bench.unfinished_uploads() == 0


def test_an_aborted_upload_is_created_again(seaweedfs, tmp_path):
    asset = write_asset_of_all_sizes(tmp_path / "rig", **{VIDEO: os.urandom(14 * 2**20)})
    with running_fault_server(seaweedfs.endpoint_url, kind=Halting) as faults:
        bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
        killed_within(bench, asset, faults)
        client, bucket = seaweedfs.client, bench.bucket
        for upload in client.list_multipart_uploads(Bucket=bucket)["Uploads"]:
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert_committed(bench.objects(), asset)
        assert bench.unfinished_uploads() == 0
