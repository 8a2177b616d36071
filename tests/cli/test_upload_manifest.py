"""`check` and `publish` with an upload manifest."""

from __future__ import annotations

import json

import pytest

from aind_lint.app.rule_examples.example_upload import manifest_bytes
from aind_lint.examples.bases import RAW, base_tree
from tests.cli.run_command import run_here


@pytest.fixture
def rig(tmp_path):
    """A rig whose data does not lie as the asset will."""
    tree = base_tree("raw-2x")
    tree.name = "session"
    tree.write(tmp_path)
    (tmp_path / "session" / "behavior").rename(tmp_path / "trials")
    (tmp_path / "session" / "unwanted.tmp").write_text("not named, so not uploaded", encoding="utf-8")
    return tmp_path


def write_manifest(rig, **edits):
    folder = rig / "session"
    content = {
        "name": None,
        "modalities": {"ecephys": ["session/ecephys"], "behavior": [str(rig / "trials")]},
        "schemas": [f"session/{path.name}" for path in sorted(folder.glob("*.json"))],
        **edits,
    }
    path = rig / "manifest_session.yml"
    path.write_bytes(manifest_bytes(base_tree("raw-2x"), content))
    return path


def test_the_asset_as_it_would_be_uploaded_is_checked(rig):
    result = run_here(rig, "check", str(write_manifest(rig)), "--format", "json")
    (report,) = json.loads(result.stdout)["assets"]
    assert (result.returncode, report["name"], report["profile"]) == (0, RAW, "candidate")
    assert report["findings"] == []


def test_findings_show_the_line_of_the_manifest(rig):
    result = run_here(rig, "check", str(write_manifest(rig, force_cloud_sync=True, subject_id=654321)))
    assert result.returncode == 1
    assert "RIG103" in result.stdout and "RIG107" in result.stdout
    assert "--> manifest_session.yml:" in result.stdout and "force_cloud_sync: true" in result.stdout


@pytest.mark.parametrize("bucket", [["open"], {"open": None}])
def test_a_bucket_of_another_type_is_reported_and_no_rule_crashes(rig, bucket):
    write_description(rig, restrictions="Do not share before the paper is published")
    result = run_here(rig, "check", str(write_manifest(rig, s3_bucket=bucket)), "--fast", "--format", "json")
    (report,) = json.loads(result.stdout)["assets"]
    assert report["internal_errors"] == []
    assert [finding["rule"] for finding in report["findings"]] == ["RIG111"]
    assert {"SEP107", "SEP108"} <= {rule["rule"] for rule in report["not_checked"]}


def write_description(rig, **fields):
    path = rig / "session" / "data_description.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields, indent=2), encoding="utf-8")


def test_the_published_asset_is_the_one_that_the_manifest_describes(rig, tmp_path):
    bucket = tmp_path / "bucket"
    manifest = write_manifest(rig)
    assert run_here(rig, "publish", str(manifest), "--to", str(bucket), "--yes").returncode == 0
    published = bucket / RAW
    assert (published / "behavior" / "trials.csv").is_file()
    assert (published / "ecephys" / "settings.xml").is_file()
    assert not (published / "unwanted.tmp").exists()
    assert "already" in run_here(rig, "publish", str(manifest), "--to", str(bucket), "--yes").stdout


def test_a_missing_path_refuses_publication(rig, tmp_path):
    manifest = write_manifest(rig, modalities={"ecephys": ["nowhere"]})
    result = run_here(rig, "publish", str(manifest), "--to", str(tmp_path / "b"), "--yes")
    assert result.returncode == 1 and "RIG101" in result.stdout
    assert not (tmp_path / "b" / RAW).exists()


def test_a_manifest_that_is_no_yaml_is_one_sentence(tmp_path):
    path = tmp_path / "manifest.yml"
    path.write_text("a: [", encoding="utf-8")
    for command in (["check", str(path)], ["publish", str(path), "--to", str(tmp_path / "b"), "--yes"]):
        result = run_here(tmp_path, *command)
        assert result.returncode == 2 and "manifest.yml:1:" in result.stderr and "Traceback" not in result.stderr
