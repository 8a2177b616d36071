"""What is published can be verified without this tool, by the script of the documentation."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aind_lint import publish

SCRIPT = Path(__file__).parents[2] / "docs" / "verify.sh"
NEEDED = ("bash", "jq", "aws", "sha256sum")


@pytest.mark.skipif(any(not shutil.which(name) for name in NEEDED), reason="the standard commands are not installed")
def test_the_script_of_the_documentation(asset, s3, seaweedfs):
    bucket = seaweedfs.make_bucket()
    publish(asset, f"s3://{bucket}", connection=s3)

    def verify() -> subprocess.CompletedProcess[str]:
        command = ["bash", str(SCRIPT), bucket, asset.name, "1", "--endpoint-url", s3.endpoint_url]
        environment = {**os.environ, "AWS_DEFAULT_REGION": "us-west-2"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    done = verify()
    assert (done.returncode, done.stdout) == (0, f"{asset.name} is complete and as it was published\n"), done.stderr
    key = f"{asset.name}/behavior/trials.csv"
    size = seaweedfs.client.head_object(Bucket=bucket, Key=key)["ContentLength"]
    seaweedfs.client.put_object(Bucket=bucket, Key=key, Body=bytes(size), ChecksumAlgorithm="CRC64NVME")
    done = verify()
    assert (done.returncode, f"{key} has the checksum" in done.stderr) == (5, True), done
    seaweedfs.client.delete_object(Bucket=bucket, Key=key)
    done = verify()
    assert (done.returncode, key in done.stdout) == (5, True), done
