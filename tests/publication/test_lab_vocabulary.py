"""A laboratory with own words publishes to its own buckets, and to no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import RefusedError, publish
from aind_lint.bucket.address import Connection
from tests.config.lab_asset import VOCABULARY, write_lab_asset
from tests.publication.conftest import directory_bucket
from tests.servers import SeaweedFS


@pytest.fixture
def lab_asset(tmp_path: Path) -> Path:
    return write_lab_asset(tmp_path / "rig")


def configure(asset: Path, bucket: str) -> None:
    text = VOCABULARY.replace("s3://our-lab-data", f"s3://{bucket}")
    (asset.parent / "aind-lint.toml").write_text(text, encoding="utf-8")


def test_lab_vocabulary_counts_at_the_configured_bucket(lab_asset: Path, s3: Connection, seaweedfs: SeaweedFS) -> None:
    bucket = seaweedfs.make_bucket()
    configure(lab_asset, bucket)
    receipt = publish(lab_asset, f"s3://{bucket}", connection=s3)
    assert receipt.state == "published"
    assert json.loads(receipt.to_json())["vocabulary"] == {
        "prefixes": ["labscope"],
        "modalities": ["labscope"],
        "labels": ["denoised"],
        "buckets": [f"s3://{bucket}"],
        "public_buckets": [],
    }


def test_lab_vocabulary_is_refused_at_another_bucket(lab_asset: Path, s3: Connection, seaweedfs: SeaweedFS) -> None:
    bucket, other = seaweedfs.make_bucket(), seaweedfs.make_bucket()
    configure(lab_asset, bucket)
    notes: list[str] = []
    with pytest.raises(RefusedError) as caught:
        publish(lab_asset, f"s3://{other}", connection=s3, on_message=notes.append)
    assert "NAM109" in {finding.rule for finding in caught.value.report.findings}
    assert notes == [f"[vocabulary] of the configuration applies to s3://{bucket}, not to s3://{other}"]
    assert seaweedfs.client.list_objects_v2(Bucket=other)["KeyCount"] == 0


def test_lab_vocabulary_is_refused_at_a_folder(lab_asset: Path, tmp_path: Path) -> None:
    configure(lab_asset, "our-lab-data")
    with pytest.raises(RefusedError):
        publish(lab_asset, directory_bucket(tmp_path).address)


def test_the_receipt_without_lab_vocabulary(asset: Path, tmp_path: Path) -> None:
    assert publish(asset, directory_bucket(tmp_path).address).vocabulary is None
