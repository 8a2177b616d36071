"""Credentials that may not do everything: nothing is written, and the message names the permission to ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publication.disturbed import S3Bench, s3_bench, write_asset_of_all_sizes
from tests.servers import SeaweedFS

MISSING = {
    "AKIAWITHOUTLIST00000": ("list objects", "s3:ListBucket"),
    "AKIAWITHOUTREAD00000": ("read objects", "s3:GetObject"),
    "AKIAWITHOUTWRITE0000": ("write objects", "s3:PutObject"),
}


@pytest.fixture(params=MISSING)
def bench(request: pytest.FixtureRequest, seaweedfs: SeaweedFS, tmp_path: Path) -> S3Bench:
    bench = s3_bench(tmp_path, seaweedfs, seaweedfs.endpoint_url)
    bench.environment["AWS_ACCESS_KEY_ID"] = request.param
    return bench


def test_nothing_is_written_and_the_missing_permission_is_named(bench, tmp_path):
    done = bench.publish(write_asset_of_all_sizes(tmp_path / "rig"))
    _, permission = MISSING[bench.environment["AWS_ACCESS_KEY_ID"]]
    assert done.code == 4, done.output
    assert f"access denied; these credentials lack the permission {permission}" in done.output
    assert "(--aws-profile)" in done.output
    assert "the bucket owner" in done.output
    assert "What was stored stays" not in done.output
    assert bench.objects() == {} and bench.unfinished_uploads() == 0


def test_doctor_finds_a_missing_permission(bench):
    what, permission = MISSING[bench.environment["AWS_ACCESS_KEY_ID"]]
    done = bench.run("doctor", "--to", bench.address)
    assert done.code == 4
    (line,) = [line for line in done.output.splitlines() if line.startswith(f"FAIL {what} ")]
    assert permission in line
    assert bench.objects() == {} and bench.unfinished_uploads() == 0
