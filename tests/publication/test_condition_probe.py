"""A server that ignores or refuses the condition of a write is found out before anything depends on it."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

import pytest

from aind_lint import publish
from aind_lint.app.abandon import abandon_asset
from aind_lint.bucket import body as body_module
from aind_lint.bucket.address import Connection
from aind_lint.bucket.control_objects import PROBE_KEY
from aind_lint.bucket.open_store import open_store
from aind_lint.errors import UnsupportedServerError
from aind_lint.publication.destination_probes import ProbeResult, run_probes
from tests.faulty_server import CONDITION_IGNORED, FaultServer, Request, running_fault_server
from tests.publication.conftest import write_asset
from tests.publication.disturbed import assert_committed

CLAIM = "/.aind-lint/claim-1.json"


@pytest.fixture
def faults(seaweedfs, s3):
    with running_fault_server(seaweedfs.endpoint_url) as server:
        yield server


@pytest.fixture
def asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An asset with small objects, and one in three parts."""
    monkeypatch.setattr(body_module, "_SMALLEST_PART", 5 * 2**20)
    return write_asset(tmp_path / "rig", **{"behavior/video.bin": bytes(11 * 2**20)})


def run(asset: Path, bucket: str, faults: FaultServer) -> list[str]:
    said: list[str] = []
    publish(asset, f"s3://{bucket}", connection=Connection(faults.endpoint_url), on_message=said.append)
    return said


def keys(seaweedfs, bucket: str) -> list[str]:
    return [item["Key"] for item in seaweedfs.client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def conditional(faults: FaultServer) -> list[str]:
    return [f"{request.method} {request.key}" for request in faults.requests if request.is_conditional]


def test_a_server_that_ignores_the_condition_is_refused_and_keeps_one_object(asset, faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    faults.inject(CONDITION_IGNORED, 1, lasts=True)
    with pytest.raises(UnsupportedServerError, match="ignores If-None-Match of a PUT") as failure:
        run(asset, bucket, faults)
    assert failure.value.exit_code == 4
    assert f"The object {asset.name}{CLAIM} is left" in str(failure.value)
    assert keys(seaweedfs, bucket) == [f"{asset.name}{CLAIM}"]
    assert conditional(faults) == 2 * [f"PUT {asset.name}{CLAIM}"]


def settled_keys(seaweedfs, bucket):
    """The keys when no more arrive: requests that a failed run has sent may still wait in front of the server."""
    found = keys(seaweedfs, bucket)
    while True:
        time.sleep(1)
        before, found = found, keys(seaweedfs, bucket)
        if found == before:
            return found


def test_an_unfinished_publication_is_neither_resumed_nor_abandoned_on_such_a_server(asset, faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    faults.inject_if("access denied", lambda request: request.method == "PUT" and "/behavior/" in request.key)
    with pytest.raises(Exception, match="access denied"):
        run(asset, bucket, faults)
    before = settled_keys(seaweedfs, bucket)
    faults.inject(CONDITION_IGNORED, 1, lasts=True)
    with pytest.raises(UnsupportedServerError):
        run(asset, bucket, faults)
    with pytest.raises(UnsupportedServerError):
        abandon_asset(
            asset.name, f"s3://{bucket}", confirm=lambda *about: True, connection=Connection(faults.endpoint_url)
        )
    assert keys(seaweedfs, bucket) == before


def test_a_server_that_ignores_the_condition_of_completions_only(asset, faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    faults.inject_if(CONDITION_IGNORED, lambda request: request.completes)
    with pytest.raises(UnsupportedServerError, match="ignores If-None-Match of CompleteMultipartUpload"):
        run(asset, bucket, faults)
    assert keys(seaweedfs, bucket) == [f"{asset.name}/.aind-lint/{record}-1.json" for record in ("claim", "manifest")]
    assert seaweedfs.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


@pytest.mark.parametrize("kind", ["", " as invalid", " without a code"])
def test_a_server_that_refuses_the_condition_gets_four_requests(kind, asset, faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    faults.inject_if(f"condition refused{kind}", lambda request: request.is_conditional)
    with pytest.raises(UnsupportedServerError, match="refuses a write with If-None-Match"):
        run(asset, bucket, faults)
    assert keys(seaweedfs, bucket) == []
    assert conditional(faults) == 4 * [f"PUT {asset.name}{CLAIM}"]
    assert "x-amz-checksum-crc64nvme" in faults.requests[-4].headers
    assert not [name for name in faults.requests[-1].headers if name.startswith("x-amz-checksum")]


def test_other_permanent_refusals_are_not_tried_again(asset, faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    faults.inject_if("condition refused", lambda request: "/behavior/" in request.key)
    with pytest.raises(Exception, match="NotImplemented"):
        run(asset, bucket, faults)
    assert len([request for request in faults.requests if request.key.endswith("/behavior/trials.csv")]) <= 1


@pytest.mark.parametrize("kind", ["lost reply", "409", "500", "503"])
def test_a_failed_probe_is_repeated(kind, asset, faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    writes = count()

    def is_probe(request: Request) -> bool:
        return request.is_conditional and request.key.endswith(CLAIM) and next(writes) in (1, 2)

    faults.inject_if(kind, is_probe)
    run(asset, bucket, faults)
    read = seaweedfs.client.get_object
    assert_committed({key: read(Bucket=bucket, Key=key)["Body"].read() for key in keys(seaweedfs, bucket)}, asset)


def doctor(bucket: str, faults: FaultServer, write: bool = True) -> ProbeResult:
    """The last result of ``doctor``."""
    return list(run_probes(open_store(f"s3://{bucket}", Connection(faults.endpoint_url)), write))[-1]


def test_doctor_stores_nothing_unless_it_may(faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    found = doctor(bucket, faults, write=False)
    assert (found.state, "--write" in found.text) == ("unknown", True)
    assert [request for request in faults.requests if PROBE_KEY in request.key] == []


def test_doctor_finds_that_existing_objects_are_kept_and_cleans_up(faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    found = doctor(bucket, faults)
    assert (found.state, found.text) == ("good", "a second write to a key is refused")
    assert keys(seaweedfs, bucket) == []


def test_doctor_leaves_an_object_that_it_did_not_store(faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    seaweedfs.client.put_object(Bucket=bucket, Key=PROBE_KEY, Body=b"of another user")
    found = doctor(bucket, faults)
    assert found.state == "good" and "remains" in found.text
    assert seaweedfs.client.get_object(Bucket=bucket, Key=PROBE_KEY)["Body"].read() == b"of another user"


@pytest.mark.parametrize("of", ["PUT", "POST"])
def test_doctor_finds_a_server_that_replaces_objects(of, faults, seaweedfs):
    bucket = seaweedfs.make_bucket()
    faults.inject_if(CONDITION_IGNORED, lambda request: request.method == of and request.key == PROBE_KEY)
    found = doctor(bucket, faults)
    assert (found.state, f"The object {PROBE_KEY} remains" in found.text) == ("bad", True)


def test_doctor_finds_a_server_that_refuses_conditions(faults, seaweedfs):
    faults.inject_if("condition refused", lambda request: request.is_conditional)
    found = doctor(seaweedfs.make_bucket(), faults)
    assert (found.state, "refuses a write with If-None-Match" in found.text) == ("bad", True)


def test_the_probe_takes_two_requests_and_six_more_with_large_objects(asset, faults, seaweedfs):
    run(asset, seaweedfs.make_bucket(), faults)
    probe = [(r.method, *r.query) for r in faults.requests if r.key.endswith(CLAIM)]
    assert [method for method, *_ in probe] == ["PUT", "GET", "PUT", "GET", "POST", "PUT", "POST", "DELETE"]
