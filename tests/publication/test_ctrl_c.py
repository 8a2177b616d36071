"""Ctrl-C, or SIGTERM, while a large file is on its way: soon over, with nothing left open that can be ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from aind_lint.bucket.control_objects import End, encode, end_key
from tests.commands import LIMIT, Command, CommandResult, Conditions
from tests.faulty_server import FaultServer, Request, running_fault_server
from tests.publication.disturbed import S3Bench, assert_committed, s3_bench, write_asset_of_all_sizes
from tests.servers import SeaweedFS

#: Bytes per second, so that the two parts are under way for several seconds.
SLOWLY = "500kB"

#: Seconds between one Ctrl-C and the next of an impatient person.
_BETWEEN = 0.01


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    return write_asset_of_all_sizes(tmp_path / "rig")


def begin(bench: S3Bench, asset: Path, *options: str) -> Command:
    return bench.begin("publish", str(asset), "--to", bench.address, "--yes", *options)


def wait_for(happened: Callable[[], bool], command: Command) -> None:
    until = time.monotonic() + LIMIT
    while not happened():
        assert not command.wait(0.01) and time.monotonic() < until


def interrupted(command: Command, times: int = 1) -> CommandResult:
    for number in range(times):
        time.sleep(_BETWEEN * bool(number))
        with suppress(ProcessLookupError):  # the first one was enough
            command.interrupt()
    done = command.result(
        seconds=30
    )  # half of what it waits for a reply; how soon, benchmarks/interruption.py measures
    assert done.code == 130, done.output
    assert "Traceback" not in done.output
    assert done.output.endswith("run the same command again to continue\n"), done.output
    return done


def parts_under_way(faults: FaultServer) -> bool:
    return any("partNumber" in request.query and is_data(request) for request in faults.requests)


def is_data(request: Request) -> bool:
    """Whether a request is about a file of the asset; the probe sends a part of the claim."""
    return "/.aind-lint/" not in request.key


def test_an_attempt_that_another_run_ends_leaves_no_upload(asset, seaweedfs, tmp_path):
    bench = s3_bench(tmp_path, seaweedfs, seaweedfs.endpoint_url)
    bench.conditions = Conditions(max_inspection_age=0.0)
    command = begin(bench, asset, "--max-rate", SLOWLY)
    wait_for(lambda: bench.unfinished_uploads() == 1, command)
    end = End("abandoned", "0" * 64)
    bench.server.client.put_object(Bucket=bench.bucket, Key=f"{asset.name}/{end_key(1)}", Body=encode(end))
    done = command.result()
    assert done.code == 5 and "was abandoned meanwhile" in done.output, done.output
    assert bench.unfinished_uploads() == 0


@pytest.mark.parametrize("times", [1, 20], ids=["once", "impatiently"])
def test_uploads_are_aborted(times, asset, seaweedfs: SeaweedFS, tmp_path):
    bench = s3_bench(tmp_path, seaweedfs, seaweedfs.endpoint_url)
    command = begin(bench, asset, "--max-rate", SLOWLY)
    wait_for(lambda: bench.unfinished_uploads() == 1, command)
    interrupted(command, times)
    if times == 1:
        assert bench.unfinished_uploads() == 0
    assert bench.publish(asset).code == 0
    assert_committed(bench.objects(), asset)
    assert bench.unfinished_uploads() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM: it ends a process without a message")
def test_sigterm_ends_publishing_as_ctrl_c_does(asset, seaweedfs: SeaweedFS, tmp_path):
    bench = s3_bench(tmp_path, seaweedfs, seaweedfs.endpoint_url)
    command = begin(bench, asset, "--max-rate", SLOWLY)
    wait_for(lambda: bench.unfinished_uploads() == 1, command)
    command.terminate()
    done = command.result()
    assert done.code == 143, done.output
    assert done.output.endswith("run the same command again to continue\n"), done.output
    assert bench.unfinished_uploads() == 0
    assert bench.publish(asset).code == 0
    assert_committed(bench.objects(), asset)


@pytest.mark.parametrize("times", [1, 20], ids=["once", "impatiently"])
def test_ctrl_c_does_not_wait_for_a_server_that_does_not_answer(times, asset, seaweedfs, tmp_path):
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
        bench.conditions = Conditions(request_timeout=60)
        faults.inject_if("stalled", lambda request: "uploadId" in request.query and is_data(request))
        command = begin(bench, asset)
        wait_for(lambda: parts_under_way(faults), command)
        interrupted(command, times)
        faults.inject()
        assert bench.publish(asset).code == 0
        assert_committed(bench.objects(), asset)
        assert bench.unfinished_uploads() == 0


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_ctrl_c_does_not_wait_for_requests_of_small_files(jobs, asset, seaweedfs, tmp_path):
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
        bench.conditions = Conditions(request_timeout=60)
        # The first of them goes another way: its reply shows what the server compares.
        faults.inject_if("stalled", lambda request: "/behavior/" in request.key and sent(faults) > 1)
        command = begin(bench, asset, "--jobs", jobs)
        wait_for(lambda: sent(faults) > 1, command)
        time.sleep(0.2)
        interrupted(command)
        faults.inject()
        assert bench.publish(asset).code == 0
        assert_committed(bench.objects(), asset)


def sent(faults: FaultServer) -> int:
    """How many small files were begun to be sent."""
    return sum(request.method == "PUT" and "/behavior/" in request.key for request in list(faults.requests))
