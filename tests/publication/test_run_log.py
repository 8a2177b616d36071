"""The log file of a publication: every step with its time, every retry, and no credential."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from aind_lint.app import run_log as run_log_module
from aind_lint.app.run_log import run_log
from tests.cli.run_command import run_here
from tests.publication.conftest import write_asset

STEPS = ["check", "plan", "confirm", "claim", "send", "verify", "commit", "receipt"]


def logs(state_folder: Path) -> list[Path]:
    return sorted((state_folder / "logs").glob("*.log"))


def publish(folder: Path, asset: Path, *options: str):
    return run_here(folder, "publish", str(asset), "--to", "./bucket", "--yes", *options)


def test_every_step_is_logged_with_its_time(tmp_path, asset, state_folder):
    assert publish(tmp_path, asset).returncode == 0
    (log,) = logs(state_folder)
    assert log.name.startswith(f"{asset.name}.")
    text = log.read_text(encoding="utf-8")
    finished = re.findall(r"  (\w+): finished in \d+\.\d{3} s", text)
    # A small asset is planned during the checks, while a second process loads the models.
    assert [step for step in finished if step != "plan"] == [step for step in STEPS if step != "plan"]
    assert finished.count("plan") == 1
    assert "11 objects sent" in text or re.search(r"\d+ objects sent \(\d+ bytes\), 0 found", text)
    assert "attempt 1 is claimed" in text


def test_a_refusal_and_its_reason_are_logged(tmp_path, state_folder):
    asset = write_asset(tmp_path / "rig", **{"subject.json": b"{"})
    assert publish(tmp_path, asset).returncode == 1
    text = logs(state_folder)[0].read_text(encoding="utf-8")
    assert re.search(r"check: stopped after \d+\.\d{3} s: RefusedError: .* is not publishable: .*SID201", text)
    assert "claim" not in text


def test_a_dry_run_keeps_no_log(tmp_path, asset, state_folder):
    assert publish(tmp_path, asset, "--dry-run").returncode == 0
    assert logs(state_folder) == []


def test_retries_and_requests_are_logged_without_credentials(tmp_path, asset, state_folder, seaweedfs, s3):
    bucket = seaweedfs.make_bucket()
    address = s3.endpoint_url.replace("://", "://someone:password@")
    options = ("publish", str(asset), "--to", f"s3://{bucket}", "--yes", "--endpoint-url")
    assert run_here(tmp_path, *options, "http://127.0.0.1:9").returncode == 4
    assert run_here(tmp_path, *options, s3.endpoint_url).returncode == 0
    run_here(tmp_path, *options, address)
    texts = [log.read_text(encoding="utf-8") for log in logs(state_folder)]
    assert any(re.search(r"try 1 failed: .*; next try in \d", text) for text in texts)
    assert any(re.search(r"requests: \d+ under way of at most", text) for text in texts)
    assert not any(seaweedfs.secret_key in text or "password" in text for text in texts)


def test_a_log_that_cannot_be_written_is_reported(tmp_path, asset, state_folder):
    state_folder.mkdir()
    (state_folder / "logs").write_text("a file where a folder belongs")
    done = publish(tmp_path, asset)
    assert done.returncode == 0, done.stderr
    assert "the log of this run cannot be written (" in done.stderr


def test_no_log_becomes_a_file_of_the_asset(asset, monkeypatch):
    monkeypatch.setenv("AIND_LINT_STATE_DIR", str(asset / "state"))
    with run_log(asset, pytest.fail) as path:
        assert path is None
    assert not (asset / "state").exists()


def test_only_the_newest_logs_are_kept(tmp_path, asset, state_folder, monkeypatch):
    monkeypatch.setattr(run_log_module, "_KEPT", 3)
    (state_folder / "logs").mkdir(parents=True)
    for number in range(5):
        (state_folder / "logs" / f"asset.20260101T00000{number}.77.log").touch()
    others = [state_folder / "logs" / "notes.log", state_folder / "logs" / "catalog.txt.logs"]
    for other in others:
        other.touch()
        os.utime(other, (0, 0))
    with run_log(asset, pytest.fail) as path:
        assert path is not None
        assert len(list((state_folder / "logs").iterdir())) == 3 + len(others)
        assert all(other.exists() for other in others), "nothing is removed that this program did not create"
