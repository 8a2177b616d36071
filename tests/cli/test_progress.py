"""``publish --progress jsonl``: every line on standard error is JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import DERIVED_2X, RAW_0X, RAW_2X, broken, environment, portable, run, run_here

pytestmark = pytest.mark.slow


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """A folder with one asset that can be published, and one with faults."""
    base_tree("raw-2x").write(tmp_path)
    broken().write(tmp_path)
    return tmp_path


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stderr.splitlines()]


def publish(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_here(folder, "publish", *arguments, "--to", "./bucket", "--yes", "--progress", "jsonl")


def ends(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str, int]]:
    return [(e["asset"], e["state"], e["exit_code"]) for e in events(done) if e["event"] == "end"]


def test_stages_precede_the_outcome(assets: Path) -> None:
    *before, end = events(publish(assets, RAW_2X))
    assert {event["asset"] for event in (*before, end)} == {RAW_2X}
    assert {event["event"] for event in before} == {"progress"}
    stages = list(dict.fromkeys(event["stage"] for event in before))
    assert stages == ["listing", "reading", "sending", "verifying"]
    sent = [event for event in before if event["stage"] == "sending"][-1]
    assert (sent["files"], sent["bytes"]) == (sent["files_total"], sent["bytes_total"])
    assert (end["event"], end["state"], end["exit_code"], end["message"]) == ("end", "published", 0, None)
    receipt = json.loads(Path(end["receipt"]).read_text(encoding="utf-8"))
    assert (receipt["asset"], receipt["state"]) == (RAW_2X, "published")


def test_every_asset_has_an_outcome(assets: Path) -> None:
    done = publish(assets, RAW_0X, "missing", RAW_2X)
    assert done.returncode == 2
    assert ends(done) == [(RAW_0X, "refused", 1), ("missing", "failed", 2), (RAW_2X, "published", 0)]
    refused, missing, _ = (event for event in events(done) if event["event"] == "end")
    assert (missing["message"], missing["receipt"]) == ("missing does not exist", None)
    assert refused["message"].startswith("CON103, SID104")
    assert ends(publish(assets, RAW_2X)) == [(RAW_2X, "already published", 0)]
    assert ends(publish(assets, RAW_2X, "--dry-run")) == [(RAW_2X, "already published", 0)]


def test_a_bucket_that_cannot_be_read(assets: Path) -> None:
    done = run_here(assets, "publish", RAW_2X, "--to", "nowhere/deeper", "--yes", "--progress", "jsonl")
    assert ends(done) == [(RAW_2X, "refused", 4)]
    assert portable(events(done)[-1]["message"]) == "the bucket nowhere/deeper does not exist"


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /dev/full")
def test_a_failure_to_write_a_receipt_is_in_the_notes(assets: Path) -> None:
    *_, note, end = events(publish(assets, RAW_2X, "--receipt", "/dev/full"))
    assert note["event"] == "note"
    assert note["message"].startswith("warning: the receipt could not be written to /dev/full")
    assert (end["state"], Path(end["receipt"]).is_file()) == ("published", True)


@pytest.mark.skipif(os.name == "nt", reason="signals differ")
def test_an_interruption_is_an_outcome(assets: Path) -> None:
    with (assets / RAW_2X / "ecephys/large.dat").open("wb") as file:
        file.truncate(64 * 2**30)
    command = [sys.executable, "-m", "aind_lint", "publish", RAW_2X, "--to", "./bucket", "--yes", "--progress", "jsonl"]
    with subprocess.Popen(command, cwd=assets, env=environment(assets), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            while '"reading"' not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            lines = process.stderr.read().splitlines()
            assert process.wait(30) == 143
        finally:
            process.kill()
    *_, end = (json.loads(line) for line in lines if line.startswith("{"))
    assert (end["event"], end["state"], end["exit_code"]) == ("end", "interrupted", 143)
    assert lines[-1].startswith("error: interrupted; what was complete is kept")


def test_the_summary_shows_the_reason(assets: Path) -> None:
    done = run_here(assets, "publish", "missing", RAW_0X, RAW_2X, "--to", "./bucket", "--yes")
    *_, missing, refused, published = done.stdout.splitlines()
    assert missing == "  FAIL missing: not published (does not exist)"
    assert published == f"  ok   {RAW_2X}: published"
    assert refused.startswith(f"  FAIL {RAW_0X}: not published (CON103, SID104")


def test_the_requested_receipt_is_named(assets: Path) -> None:
    done = run(assets, "publish", RAW_2X, "--to", "./bucket", "--yes", "--receipt", "r.json")
    assert (done.returncode, done.stderr) == (0, "Receipt: r.json\n")
    receipt = json.loads((assets / "r.json").read_text(encoding="utf-8"))
    assert receipt["destination"] == (assets / "bucket").as_posix()
    base_tree("derived-2x").write(assets)
    refused = run(assets, "publish", DERIVED_2X, "--to", "nowhere/deeper", "--yes", "--receipt", "other.json")
    assert (refused.returncode, (assets / "other.json").exists()) == (4, False)


def test_verbose_names_the_rules_that_were_not_checked(assets: Path) -> None:
    command = ("publish", RAW_0X, "--to", "./bucket", "--yes")
    assert "Details: --verbose." in run_here(assets, *command).stdout
    verbose = run_here(assets, *command, "--verbose").stdout
    assert "not checked: SCH201, CON201" in verbose and "Details:" not in verbose
