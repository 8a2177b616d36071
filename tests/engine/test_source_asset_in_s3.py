"""The source of a derived asset that is checked in the bucket itself."""

from __future__ import annotations

import json

from aind_lint import check, publish
from aind_lint.examples.bases import base_tree

RAW, DERIVED = base_tree("raw-2x").name, base_tree("derived-2x").name


def test_a_derived_asset_in_s3_is_compared_with_its_source_there(seaweedfs, s3, tmp_path):
    bucket = seaweedfs.make_bucket()
    for base in ("raw-2x", "derived-2x"):
        publish(base_tree(base).write(tmp_path), f"s3://{bucket}", connection=s3)
    (report,) = check([f"s3://{bucket}/{DERIVED}"], connection=s3).assets
    assert (report.profile, report.findings, report.crashes) == ("published", [], [])
    assert "CON501" not in {item.rule for item in report.not_checked}

    subject = json.loads(bytes(base_tree("raw-2x").files["subject.json"]))
    subject["subject_details"]["date_of_birth"] = "2022-08-16"
    seaweedfs.client.put_object(Bucket=bucket, Key=f"{RAW}/subject.json", Body=json.dumps(subject).encode())
    (report,) = check([f"s3://{bucket}/{DERIVED}"], connection=s3).assets
    assert [(finding.rule, finding.severity) for finding in report.findings] == [("CON501", "warning")]
