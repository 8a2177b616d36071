"""What is published can be verified without this tool, by the scripts of the documentation."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aind_lint import publish
from tests.publish.conftest import write_asset

DOCS = Path(__file__).parents[2] / "docs"


def needs(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in ("bash", "jq", "sha256sum", *names) if not shutil.which(name)]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed")


WITH_AWS = pytest.param("verify.sh", marks=needs("aws"), id="aws")
WITH_CURL = pytest.param("verify-public.sh", marks=needs("curl"), id="curl")


@pytest.mark.parametrize("script", [WITH_AWS, WITH_CURL])
def test_the_scripts_of_the_documentation(script, s3, seaweedfs, tmp_path):
    asset = write_asset(tmp_path / "rig", **{"behavior/one café #2.csv": b"a,b\n1,2\n"})
    bucket = seaweedfs.make_bucket()
    publish(asset, f"s3://{bucket}", connection=s3)
    if script == "verify.sh":
        arguments = [bucket, asset.name, "1", "--endpoint-url", s3.endpoint_url]
    else:
        signed = ["--aws-sigv4", "aws:amz:us-west-2:s3", "--user", f"{seaweedfs.access_key}:{seaweedfs.secret_key}"]
        arguments = [f"{s3.endpoint_url}/{bucket}", asset.name, "1", *signed]

    def verify() -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AWS_DEFAULT_REGION": "us-west-2"}
        command = ["bash", str(DOCS / script), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    done = verify()
    assert (done.returncode, done.stdout) == (0, f"{asset.name} is complete and as it was published\n"), done
    key = f"{asset.name}/behavior/trials.csv"
    size = seaweedfs.client.head_object(Bucket=bucket, Key=key)["ContentLength"]
    seaweedfs.client.put_object(Bucket=bucket, Key=key, Body=bytes(size), ChecksumAlgorithm="CRC64NVME")
    done = verify()
    assert (done.returncode, key in done.stdout + done.stderr) == (5, True), done
    seaweedfs.client.delete_object(Bucket=bucket, Key=key)
    done = verify()
    assert (done.returncode, key in done.stdout) == (5, True), done
