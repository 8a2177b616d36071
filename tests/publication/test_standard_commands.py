"""What is published can be verified without this tool, by the scripts of the documentation."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from aind_lint import Connection, publish
from tests.publication.conftest import write_asset
from tests.servers import SeaweedFS

DOCS = Path(__file__).parents[2] / "docs"


def needs(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in ("bash", "jq", "sha256sum", *names) if not shutil.which(name)]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed")


WITH_AWS = pytest.param("verify.sh", marks=needs("aws"), id="aws")
WITH_CURL = pytest.param("verify-public.sh", marks=needs("curl"), id="curl")


SCRIPTS = pytest.mark.parametrize("script", [WITH_AWS, WITH_CURL])


@dataclass(frozen=True)
class Bucket:
    """A bucket, and how the scripts reach it."""

    name: str
    seaweedfs: SeaweedFS
    connection: Connection

    def verify(self, script: str, asset: str, attempt: str = "1") -> subprocess.CompletedProcess[str]:
        """Run a script on an asset."""
        endpoint = str(self.connection.endpoint_url)
        if script == "verify.sh":
            return run(script, self.name, asset, attempt, "--endpoint-url", endpoint)
        user = f"{self.seaweedfs.access_key}:{self.seaweedfs.secret_key}"
        signed = ["--aws-sigv4", "aws:amz:us-west-2:s3", "--user", user]
        return run(script, f"{endpoint}/{self.name}", asset, attempt, *signed)

    def put(self, key: str, body: bytes) -> None:
        """Write over whatever is there."""
        client = self.seaweedfs.client
        client.put_object(Bucket=self.name, Key=key, Body=body, ChecksumAlgorithm="CRC64NVME")


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-west-2"}
    command = ["bash", str(DOCS / script), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def bucket(s3, seaweedfs) -> Bucket:
    return Bucket(seaweedfs.make_bucket(), seaweedfs, s3)


@SCRIPTS
@pytest.mark.slow
def test_the_scripts_of_the_documentation(script, bucket, tmp_path):
    asset = write_asset(tmp_path / "rig", **{"behavior/one café #2.csv": b"a,b\n1,2\n"})
    publish(asset, f"s3://{bucket.name}", connection=bucket.connection)
    done = bucket.verify(script, asset.name)
    assert (done.returncode, done.stdout) == (0, f"{asset.name} is complete and as it was published\n"), done
    key = f"{asset.name}/behavior/trials.csv"
    client = bucket.seaweedfs.client
    bucket.put(key, bytes(client.head_object(Bucket=bucket.name, Key=key)["ContentLength"]))
    done = bucket.verify(script, asset.name)
    assert (done.returncode, key in done.stdout + done.stderr) == (5, True), done
    client.delete_object(Bucket=bucket.name, Key=key)
    done = bucket.verify(script, asset.name)
    assert (done.returncode, key in done.stdout) == (5, True), done


@SCRIPTS
def test_records_without_a_publication(script, bucket, asset):
    done = bucket.verify(script, asset.name)
    assert (done.returncode, "is the asset published there, with aind-lint" in done.stderr) == (3, True), done
    publish(asset, f"s3://{bucket.name}", connection=bucket.connection)
    bucket.put(f"{asset.name}/.aind-lint/end-1.json", b'{"outcome": "commit", "content_id": "0"}')
    done = bucket.verify(script, asset.name)
    assert (done.returncode, "is not the one that was committed" in done.stderr) == (5, True), done
    bucket.put(f"{asset.name}/.aind-lint/end-1.json", b'{"outcome": "abandoned"}')
    done = bucket.verify(script, asset.name)
    assert (done.returncode, "it ended as abandoned; look at a later attempt" in done.stderr) == (5, True), done


@SCRIPTS
@pytest.mark.parametrize("arguments", [(), ("bucket",)])
def test_without_arguments_they_say_how_they_are_used(script, arguments):
    done = run(script, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"usage: {script} ")
