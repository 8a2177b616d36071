"""Servers without CRC64NVME: the next checksum is used, or objects are read back, and the user is informed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aind_lint import BucketError, ConflictError, publish
from aind_lint.bucket import body as body_module
from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.publication.destination_probes import run_probes
from tests.faulty_server import FaultServer, Request, running_fault_server
from tests.publication.conftest import write_asset
from tests.publication.disturbed import assert_committed

REFUSED, UNKNOWN = "refused", "unknown"
CHECKSUMS = ("crc64nvme", "crc32c", "crc32", "sha1", "sha256")


class OlderServer(FaultServer):
    """A server in front of SeaweedFS that lacks checksums; their names are in small letters.

    Attributes:
        silent: No checksum is in a reply, but they are in that to a HEAD.
        damaged: The end of the key of an object that is not what was sent, when it is read.
        closed: The end of a key that may not be written.
    """

    def __init__(self, endpoint_url: str, checksums: bool) -> None:
        super().__init__(endpoint_url, checksums)
        self._refused: dict[str, int] = {}
        self._unknown: set[str] = set()
        self.silent = False
        self.damaged = self.closed = "-"

    def lack(self, how: str, *kinds: str, status: int = 400) -> None:
        """Refuse these checksums with a status, or take no notice of them."""
        if how == REFUSED:
            self._refused = dict.fromkeys(kinds, status)
        else:
            self._unknown = set(kinds)

    def refusal(self, request: Request) -> tuple[int, str] | None:
        if request.method == "PUT" and request.key.endswith(self.closed):
            return 403, "AccessDenied"
        named = {request.headers.get("x-amz-checksum-algorithm", "").lower()}
        named |= {name.removeprefix("x-amz-checksum-") for name in request.headers}
        named |= {"md5"} if "content-md5" in request.headers else set()
        for kind, status in self._refused.items():
            if kind in named:
                return status, "NotImplemented" if status == 501 else "InvalidRequest"
        return None

    def alter(self, request, headers, content):
        if request.method == "GET" and request.key.endswith(self.damaged):
            content = content[:-1] + bytes([content[-1] ^ 1])
        hidden = self._unknown | (set(CHECKSUMS) if self.silent and request.method != "HEAD" else set())
        return [(n, v) for n, v in headers if n.lower().removeprefix("x-amz-checksum-") not in hidden], content


@pytest.fixture
def faults(seaweedfs, s3):
    with running_fault_server(seaweedfs.endpoint_url, kind=OlderServer) as server:
        yield server


@pytest.fixture
def asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An asset with small objects, and one in three parts."""
    monkeypatch.setattr(body_module, "_SMALLEST_PART", 5 * 2**20)
    return write_asset(tmp_path / "rig", **{"behavior/video.bin": os.urandom(11 * 2**20)})


@dataclass
class Run:
    """Publications into one bucket."""

    bucket: str
    said: list[str] = field(default_factory=list)

    def publish(self, asset: Path, faults: FaultServer):
        return publish(
            asset, f"s3://{self.bucket}", connection=Connection(faults.endpoint_url), on_message=self.said.append
        )


def objects(seaweedfs, bucket: str) -> dict[str, bytes]:
    keys = [item["Key"] for item in seaweedfs.client.list_objects_v2(Bucket=bucket)["Contents"]]
    return {key: seaweedfs.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def of_data(faults: FaultServer, *methods: str) -> list[Request]:
    return [request for request in faults.requests if request.method in methods and "/behavior/" in request.key]


CASES = [
    pytest.param(REFUSED, ("crc64nvme",), 400, "CRC32C", id="CRC64NVME is refused"),
    pytest.param(REFUSED, ("crc64nvme",), 501, "CRC32C", id="CRC64NVME is not implemented"),
    pytest.param(UNKNOWN, ("crc64nvme",), 0, "CRC32C", id="no notice is taken of CRC64NVME"),
    pytest.param(REFUSED, ("crc64nvme", "crc32c"), 400, "MD5", id="both are refused"),
    pytest.param(UNKNOWN, ("crc64nvme", "crc32c"), 0, "MD5", id="no notice is taken of either"),
    pytest.param(REFUSED, ("crc64nvme", "crc32c", "md5"), 501, "reading back", id="all are refused"),
]


@pytest.mark.parametrize(("how", "kinds", "status", "proof"), CASES)
def test_the_next_checksum_is_used(asset, faults, seaweedfs, how, kinds, status, proof):
    faults.lack(how, *kinds, status=status)
    run = Run(seaweedfs.make_bucket())
    receipt = run.publish(asset, faults)
    assert (receipt.state, receipt.proof) == ("published", proof)
    assert_committed(objects(seaweedfs, run.bucket), asset)
    messages = [text for text in run.said if "CRC64NVME" in text]
    assert len(messages) == 1, run.said
    name = {"reading back": "supports neither CRC32C nor MD5, so each object is read back"}.get(
        proof, f"its {proof} instead"
    )
    assert f"s3://{run.bucket} does not support the checksum CRC64NVME (" in messages[0]
    assert name in messages[0]
    writes = [request for request in of_data(faults, "PUT") if request.status == 200]
    header = {"CRC32C": "x-amz-checksum-crc32c", "MD5": "content-md5"}.get(proof)
    sent = sum(header in request.headers for request in writes)
    assert sent == (0 if header is None else len(writes))
    read = of_data(faults, "GET")
    assert len(read) == (len(files_below(asset, "behavior")) if proof == "reading back" else 0)
    assert all(request.headers.get("if-none-match") == "*" for request in faults.requests if request.makes_object)


def files_below(asset: Path, folder: str) -> list[Path]:
    return [path for path in (asset / folder).rglob("*") if path.is_file()]


def test_a_server_that_supports_it_gets_no_other_checksum(asset, faults, seaweedfs):
    run = Run(seaweedfs.make_bucket())
    receipt = run.publish(asset, faults)
    assert (receipt.proof, run.said) == ("CRC64NVME", [])
    assert all("x-amz-checksum-crc64nvme" in request.headers for request in faults.requests if request.makes_object)
    assert of_data(faults, "GET", "HEAD") == []


def test_responses_without_the_checksum_that_the_object_has(asset, faults, seaweedfs):
    """Some servers compare it, and show it only when they are asked for the object."""
    faults.silent = True
    run = Run(seaweedfs.make_bucket())
    receipt = run.publish(asset, faults)
    assert (receipt.proof, run.said) == ("CRC64NVME", [])
    assert of_data(faults, "GET") == []


@pytest.mark.parametrize("key", ["behavior/trials.csv", "behavior/video.bin"])
def test_an_object_damaged_in_transit_is_not_committed(asset, faults, seaweedfs, key):
    faults.lack(REFUSED, "crc64nvme", "crc32c", "md5")
    faults.damaged = key
    run = Run(seaweedfs.make_bucket())
    with pytest.raises(
        ConflictError, match=f"stored .*{key} with other content than was sent: it was damaged in transit"
    ):
        run.publish(asset, faults)
    stored = objects(seaweedfs, run.bucket)
    assert f"{asset.name}/data_description.json" not in stored
    assert f"{asset.name}/.aind-lint/end-1.json" not in stored


@pytest.mark.parametrize("kinds", [("crc64nvme",), ("crc64nvme", "crc32c")], ids=["CRC32C", "MD5"])
def test_a_resumed_run_compares_with_the_files_here(asset, faults, seaweedfs, kinds, tmp_path, monkeypatch):
    faults.lack(UNKNOWN, *kinds)
    run = Run(seaweedfs.make_bucket())
    faults.closed = "/subject.json"
    with pytest.raises(BucketError, match="cannot write"):
        run.publish(asset, faults)
    faults.closed = "-"
    faults.reset()
    monkeypatch.setenv("AIND_LINT_STATE_DIR", str(tmp_path / "another machine"))
    assert run.publish(asset, faults).state == "published"
    assert_committed(objects(seaweedfs, run.bucket), asset)
    assert of_data(faults, "GET", "PUT") == []


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ((), "and a wrong checksum is refused"),
        (("crc64nvme",), "but the server does not compare CRC64NVME; CRC32C is used instead"),
        (("crc64nvme", "crc32c", "md5"), "but the server compares no checksum"),
    ],
)
def test_doctor_reports_the_checksum(faults, seaweedfs, kinds, said):
    faults.lack(REFUSED, *kinds)
    bucket = seaweedfs.make_bucket()
    trials = list(run_probes(open_store(f"s3://{bucket}", Connection(faults.endpoint_url))))
    (write,) = (trial for trial in trials if trial.label == "write objects")
    assert (write.state, said in write.text) == ("warning" if kinds else "good", True), write
    assert "Contents" not in seaweedfs.client.list_objects_v2(Bucket=bucket)
