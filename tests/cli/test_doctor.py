"""``aind-lint doctor`` and ``aind-lint abandon`` as a person runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here


def listing(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_a_usable_folder(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    done = run_here(tmp_path, "doctor", "--to", "./bucket")
    assert done.returncode == 0
    assert "ok   folder            bucket can be written" in done.stdout
    assert listing(tmp_path / "bucket") == []


def test_a_folder_that_is_created_later(tmp_path: Path) -> None:
    done = run_here(tmp_path, "doctor", "--to", "./bucket")
    assert (done.returncode, (tmp_path / "bucket").exists()) == (0, False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "newb"], "to create it, write ./newb; did you mean s3://newb?"),
        (["--to", "s3://bucket", "--aws-profile", "unknown"], "there is no AWS profile 'unknown' in "),
    ],
)
def test_an_invalid_destination_is_a_line_of_the_table(tmp_path: Path, options: list[str], message: str) -> None:
    done = run_here(tmp_path, "doctor", *options)
    assert (done.returncode, done.stderr) == (2, "")
    *_, failed, end = done.stdout.splitlines()
    assert failed.startswith("FAIL destination ") and message in failed
    assert end.startswith(f"Publishing to {options[1]} will not work.")


def test_without_credentials_publishing_will_fail(tmp_path: Path) -> None:
    done = run_here(tmp_path, "doctor", "--to", "s3://bucket", "--endpoint-url", "http://127.0.0.1:9")
    assert done.returncode == 4
    assert "FAIL credentials" in done.stdout
    assert done.stdout.endswith("Fix the lines with FAIL and run this again; tests that depend on them were skipped.\n")
    assert "Traceback" not in done.stderr


def test_a_server_that_works(tmp_path: Path, s3, seaweedfs) -> None:
    bucket = seaweedfs.make_bucket()
    done = run_here(tmp_path, "doctor", "--to", f"s3://{bucket}", "--endpoint-url", s3.endpoint_url)
    assert done.returncode == 0, done.stdout
    for what in ("credentials", "list objects", "read objects", "write objects", "multipart uploads", "clock"):
        assert f"ok   {what}" in done.stdout
    assert seaweedfs.secret_key not in done.stdout
    assert "Contents" not in seaweedfs.client.list_objects_v2(Bucket=bucket)
    assert "Uploads" not in seaweedfs.client.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("bucket", ["missing", "wrong secret"])
def test_a_server_that_does_not_work(tmp_path: Path, s3, seaweedfs, monkeypatch, bucket) -> None:
    name = seaweedfs.fresh_name() if bucket == "missing" else seaweedfs.make_bucket()
    if bucket == "wrong secret":
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    done = run_here(tmp_path, "doctor", "--to", f"s3://{name}", "--endpoint-url", s3.endpoint_url)
    assert done.returncode == 4
    assert "FAIL list" in done.stdout


def test_abandon_of_nothing_and_of_what_is_published(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    (tmp_path / "bucket").mkdir()
    assert run_here(tmp_path, "abandon", asset.name, "--in", "bucket", "--yes").returncode == 3
    assert run_here(tmp_path, "publish", asset.name, "--to", "./bucket", "--yes").returncode == 0
    before = listing(tmp_path / "bucket")
    done = run_here(tmp_path, "abandon", asset.name, "--in", "bucket", "--yes")
    assert done.returncode == 5
    assert "published assets are never removed" in done.stderr
    assert listing(tmp_path / "bucket") == before


def test_abandon_prompts_and_then_removes(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    claim = tmp_path / "bucket" / asset.name / ".aind-lint" / "claim-1.json"
    claim.parent.mkdir(parents=True)
    claim.write_text('{"format_version": 1, "content_id": "0", "run_id": "1", "time": "then", "tool": "a tool"}')
    done = run_here(tmp_path, "abandon", asset.name, "--in", "bucket")
    assert (done.returncode, "add --yes" in done.stderr) == (2, True)
    done = run_here(tmp_path, "abandon", asset.name, "--in", "bucket", "--yes")
    assert done.returncode == 0
    assert "is abandoned: 0 objects removed" in done.stdout
    done = run_here(tmp_path, "abandon", asset.name, "--in", "bucket", "--yes")
    assert (done.returncode, "has already ended" in done.stdout) == (0, True)
    assert run_here(tmp_path, "publish", asset.name, "--to", "./bucket", "--yes").returncode == 0
