"""The question before publishing: before the data is read, and true about who can read the bucket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import RefusedError, publish
from aind_lint.app.publishing.publish import Destination
from aind_lint.bucket.address import Connection
from aind_lint.errors import DeclinedError
from aind_lint.finding import AssetReport
from aind_lint.publication.progress import Progress
from tests.faulty_server import running_fault_server
from tests.publication.conftest import directory_bucket
from tests.servers import SeaweedFS

DD = "data_description.json"


class Decline:
    """Answers no, and notes what it was asked."""

    destination: Destination

    def __call__(self, report: AssetReport, destination: Destination) -> bool:
        self.destination = destination
        return False


def test_it_is_asked_before_a_large_file_is_read(asset: Path, tmp_path: Path) -> None:
    with (asset / "ecephys/large.dat").open("wb") as file:
        file.truncate(2**40)  # sparse: reading it would take minutes
    stages: list[str] = []

    def note(progress: Progress) -> None:
        stages.append(progress.stage)

    with pytest.raises(DeclinedError):
        publish(asset, directory_bucket(tmp_path).address, confirm=Decline(), on_progress=note)
    assert set(stages) == {"listing"}


def test_a_folder_may_be_public(asset: Path, tmp_path: Path) -> None:
    decline = Decline()
    with pytest.raises(DeclinedError):
        publish(asset, directory_bucket(tmp_path).address, confirm=decline)
    assert decline.destination.is_public() is None


def destination_of(asset: Path, bucket: str, connection: Connection) -> Destination:
    decline = Decline()
    with pytest.raises(DeclinedError):
        publish(asset, f"s3://{bucket}", connection=connection, confirm=decline)
    return decline.destination


def test_a_server_that_does_not_say_may_be_public(asset: Path, s3: Connection, seaweedfs: SeaweedFS) -> None:
    bucket = seaweedfs.make_bucket()
    found = destination_of(asset, bucket, s3)
    assert (found.address, found.is_public()) == (f"s3://{bucket}", None)


def test_public_buckets_of_the_configuration(asset: Path, s3: Connection, seaweedfs: SeaweedFS) -> None:
    bucket = seaweedfs.make_bucket()
    text = f'[vocabulary]\npublic_buckets = ["s3://{bucket}"]\n'
    (asset.parent / "aind-lint.toml").write_text(text, encoding="utf-8")
    assert destination_of(asset, bucket, s3).is_public() is True


def test_restricted_data_is_refused_at_public_buckets_of_the_configuration(
    asset: Path, s3: Connection, seaweedfs: SeaweedFS
) -> None:
    bucket = seaweedfs.make_bucket()
    text = f'[vocabulary]\npublic_buckets = ["s3://{bucket}"]\n'
    (asset.parent / "aind-lint.toml").write_text(text, encoding="utf-8")
    content = json.loads((asset / DD).read_text(encoding="utf-8"))
    content["restrictions"] = "Do not share before the paper is published"
    (asset / DD).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        publish(asset, f"s3://{bucket}", connection=s3)
    assert "SEP107" in {finding.rule for finding in refused.value.report.findings}


def test_the_policy_of_the_bucket_is_asked_for_once(asset: Path, s3: Connection, seaweedfs: SeaweedFS) -> None:
    """By two rules about restricted data, and by the question."""
    content = json.loads((asset / DD).read_text(encoding="utf-8"))
    content["restrictions"] = "Do not share before the paper is published"
    (asset / DD).write_text(json.dumps(content), encoding="utf-8")
    with running_fault_server(seaweedfs.endpoint_url) as server:
        through = s3._replace(endpoint_url=server.endpoint_url)
        assert destination_of(asset, seaweedfs.make_bucket(), through).is_public() is None
        asked = [request for request in server.requests if "policyStatus" in request.query]
    assert len(asked) == 1
