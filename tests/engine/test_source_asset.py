"""Comparing a derived asset with its source, in the same folder or in the bucket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import check, publish
from aind_lint.examples.bases import base_tree


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    """A directory bucket that holds the source."""
    publish(base_tree("raw-2x").write(tmp_path / "sources"), str(tmp_path / "bucket"))
    return tmp_path / "bucket"


def derived(folder: Path, date_of_birth: str) -> Path:
    tree = base_tree("derived-2x")
    subject = json.loads(bytes(tree.files["subject.json"]))
    subject["subject_details"]["date_of_birth"] = date_of_birth
    tree.files["subject.json"] = json.dumps(subject, indent=2).encode()
    return tree.write(folder)


def findings(asset: Path, bucket: Path) -> list[tuple[str, str | None]]:
    (report,) = check([asset], bucket=str(bucket), select=["CON501"], profile="candidate").assets
    assert not report.crashes and not report.not_checked
    return [(finding.rule, finding.location.pointer) for finding in report.findings]


def rewrite(bucket: Path, date_of_birth: str, keep: bool) -> None:
    """Do what the indexer does: write the subject from a database, and keep the first copy."""
    source = bucket / base_tree("raw-2x").name
    subject = json.loads((source / "subject.json").read_bytes())
    if keep:
        (source / "original_metadata").mkdir()
        (source / "subject.json").rename(source / "original_metadata" / "subject.20260101.json")
    subject["subject_details"]["date_of_birth"] = date_of_birth
    (source / "subject.json").write_text(json.dumps(subject, indent=3, sort_keys=True), encoding="utf-8")


def test_a_copy_is_compared_with_the_source_in_the_bucket(bucket, tmp_path):
    assert findings(derived(tmp_path / "right", "2022-08-15"), bucket) == []
    assert findings(derived(tmp_path / "wrong", "2022-08-16"), bucket) == [("CON501", "/subject_details/date_of_birth")]


def test_the_original_sidecar_of_the_source_counts_too(bucket, tmp_path):
    rewrite(bucket, "2022-08-17", keep=True)
    assert findings(derived(tmp_path / "first", "2022-08-15"), bucket) == []
    assert findings(derived(tmp_path / "now", "2022-08-17"), bucket) == []
    assert len(findings(derived(tmp_path / "neither", "2022-08-16"), bucket)) == 1


def test_another_order_and_indent_is_the_same(bucket, tmp_path):
    rewrite(bucket, "2022-08-15", keep=False)
    assert findings(derived(tmp_path / "right", "2022-08-15"), bucket) == []


def test_a_source_beside_the_asset_comes_before_the_one_in_the_bucket(bucket, tmp_path):
    rewrite(bucket, "2022-08-17", keep=False)
    base_tree("raw-2x").write(tmp_path / "rig")
    assert findings(derived(tmp_path / "rig", "2022-08-15"), bucket) == []


def test_a_derived_asset_inside_its_source_is_found_before_the_source_has_metadata(tmp_path):
    (tmp_path / base_tree("raw-2x").name).mkdir()
    inside = base_tree("derived-2x").write(tmp_path / base_tree("raw-2x").name)
    (report,) = check([inside], select=["SEP105"]).assets
    assert [finding.rule for finding in report.findings] == ["SEP105"]
    assert "next to it" in report.findings[0].fix


def test_nothing_is_reported_about_an_unreadable_source(tmp_path):
    (report,) = check([base_tree("derived-2x").write(tmp_path)], select=["CON501"]).assets
    assert [(item.rule, item.reason) for item in report.not_checked] == [("CON501", "no bucket given")]
