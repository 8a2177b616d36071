"""A watched folder: what is finished is published or refused, put on record, and never touched."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from aind_lint.app.watching.finished_assets import FinishedAsset
from aind_lint.app.watching.idle_tracker import STATE_FILE, IdleTracker
from aind_lint.app.watching.outcome_files import InUseError, Outcome
from aind_lint.app.watching.watcher import Watcher
from aind_lint.app.watching.watcher_lock import HOLDER_FILE, single_watcher
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, RAW_2X, edited, environment, run_here

pytestmark = pytest.mark.slow  # whole publications, or many generated assets

FAULTY = edited("raw-2x", "subject.json", subject_id="654321")


@pytest.fixture
def rig(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path


def scan_once(rig: Path, *options: str):
    return run_here(rig, "watch", "data", "--to", "./bucket", "--once", *options)


def mark(rig: Path, name: str = RAW_2X) -> None:
    (rig / "data" / f"{name}.ready").touch()


def record(rig: Path, shelf: str) -> list[str]:
    return sorted(path.name for path in (rig / "data" / shelf).glob("*"))


def log(rig: Path) -> str:
    return (rig / "data" / "aind-lint-watch.log").read_text(encoding="utf-8")


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_marked_asset_is_published_and_its_data_kept(rig):
    base_tree("raw-2x").write(rig / "data")
    before = content(rig / "data" / RAW_2X)
    mark(rig)
    done = scan_once(rig)
    assert done.returncode == 0, done.stderr
    endings = ("ready", "receipt.json", "report.json", "report.txt")
    assert record(rig, "done") == [f"{RAW_2X}.{ending}" for ending in endings]
    assert content(rig / "data" / RAW_2X) == before
    assert run_here(rig, "verify", f"data/{RAW_2X}", "--in", "bucket", "--deep").returncode == 0
    receipt = json.loads((rig / "data" / "done" / f"{RAW_2X}.receipt.json").read_text(encoding="utf-8"))
    assert receipt["state"] == "published"
    assert f"{RAW_2X}  published in {rig / 'bucket'} (" in log(rig)


def test_without_a_marker_nothing_is_done(rig):
    base_tree("raw-2x").write(rig / "data")
    assert scan_once(rig).returncode == 0
    assert not (rig / "bucket").exists() and not (rig / "data" / "done").exists()


def test_a_faulty_asset_is_refused_and_published_once_corrected(rig):
    FAULTY.write(rig / "data")
    mark(rig)
    assert scan_once(rig).returncode == 1
    assert record(rig, "failed") == [f"{RAW_2X}.{ending}" for ending in ("ready", "report.json", "report.txt")]
    assert "FAILED " in log(rig) and "error CON103 subject.json:" in log(rig)
    report = json.loads((rig / "data" / "failed" / f"{RAW_2X}.report.json").read_text(encoding="utf-8"))
    assert report["summary"]["errors"] == 1
    assert "\x1b" not in (rig / "data" / "failed" / f"{RAW_2X}.report.txt").read_text(encoding="utf-8")
    assert scan_once(rig).returncode == 0  # it waits until the marker is moved back
    (rig / "data" / RAW_2X / "subject.json").write_bytes(base_tree("raw-2x").files["subject.json"])  # type: ignore[arg-type]
    (rig / "data" / "failed" / f"{RAW_2X}.ready").rename(rig / "data" / f"{RAW_2X}.ready")
    assert scan_once(rig).returncode == 0
    assert f"{RAW_2X}.ready" in record(rig, "done")


def test_one_faulty_asset_does_not_block_the_others(rig):
    FAULTY.write(rig / "data")
    tree = base_tree("founding-raw-0x")
    tree.write(rig / "data")
    mark(rig)
    mark(rig, tree.name)
    assert scan_once(rig).returncode == 1
    assert f"{RAW_2X}.ready" in record(rig, "failed") and f"{tree.name}.ready" in record(rig, "done")


def manifest(rig: Path, subject: str = "123456") -> Path:
    """An upload manifest for an asset whose files lie in two other places."""
    tree = base_tree("raw-2x")
    tree.write(rig)
    folder = rig / RAW_2X
    content = {
        "subject_id": int(subject),
        "acquisition_datetime": "2022-12-12 05:06:07",
        "modalities": {name: [str(folder / name)] for name in ("ecephys", "behavior")},
        "schemas": [str(path) for path in sorted(folder.glob("*.json"))],
    }
    (rig / "aind-lint.toml").write_text(f"[rig]\ndata_roots = [{json.dumps(str(rig))}]\n", encoding="utf-8")
    path = rig / "data" / "manifest_123456.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_an_upload_manifest_is_published_and_moved(rig):
    manifest(rig)
    done = scan_once(rig)
    assert done.returncode == 0, done.stderr
    endings = ("receipt.json", "report.json", "report.txt")
    assert record(rig, "done") == ["manifest_123456.yml", *(f"manifest_123456.yml.{ending}" for ending in endings)]
    assert (rig / "bucket" / RAW_2X / "data_description.json").exists()


def test_an_upload_manifest_of_another_subject_is_refused(rig):
    manifest(rig, "654321")
    assert scan_once(rig).returncode == 1
    assert "manifest_123456.yml" in record(rig, "failed") and "not published: RIG" in log(rig)
    assert not (rig / "bucket").exists()


def test_publish_does_the_same_once(rig):
    path = manifest(rig)
    done = run_here(rig, "publish", f"data/{path.name}", "--to", "./bucket", "--yes")
    assert done.returncode == 0, done.stderr
    assert path.exists() and (rig / "bucket" / RAW_2X / "data_description.json").exists()


def test_a_marker_without_its_folder_is_reported(rig):
    mark(rig, "no such asset")
    assert scan_once(rig).returncode == 1
    assert record(rig, "failed") == ["no such asset.ready"]
    assert "there is no folder no such asset next to its marker" in log(rig)


def test_a_marker_is_moved_beside_an_older_one_and_not_over_it(rig):
    (rig / "data" / "failed").mkdir()
    (rig / "data" / "failed" / "x.ready").write_text("first")
    mark(rig, "x")
    scan_once(rig)
    assert record(rig, "failed") == ["x-2.ready", "x.ready"]
    assert (rig / "data" / "failed" / "x.ready").read_text() == "first"


class TestStill:
    """Assets without a marker."""

    def test_an_asset_is_finished_when_nothing_has_changed_for_the_time(self, rig, monkeypatch):
        base_tree("raw-2x").write(rig / "data")
        clock = [1_000_000.0]
        monkeypatch.setattr("aind_lint.app.watching.idle_tracker.monotonic", lambda: clock[0])
        assert scan_once(rig, "--still", "10").returncode == 0 and not (rig / "bucket").exists()
        clock[0] += 599
        (rig / "data" / RAW_2X / "behavior" / "late.csv").write_text("a,b\n1,2\n")
        assert scan_once(rig, "--still", "10").returncode == 0 and not (rig / "bucket").exists()
        clock[0] += 599
        assert scan_once(rig, "--still", "10").returncode == 0 and not (rig / "bucket").exists()
        clock[0] += 1  # each look was a process of its own: what was seen is remembered across restarts
        assert scan_once(rig, "--still", "10").returncode == 0
        assert f"{RAW_2X}.receipt.json" in record(rig, "done")

    def test_a_handled_asset_is_found_again_only_after_a_change(self, rig):
        FAULTY.write(rig / "data")
        assert scan_once(rig, "--still", "0").returncode == 0, "what is seen for the first time is not finished"
        assert scan_once(rig, "--still", "0").returncode == 1
        assert scan_once(rig, "--still", "0").returncode == 0
        assert log(rig).count("FAILED") == 1
        base_tree("raw-2x").write(rig)
        corrected = (rig / RAW_2X / "subject.json").read_bytes()
        (rig / "data" / RAW_2X / "subject.json").write_bytes(corrected)
        for _ in range(2):
            assert scan_once(rig, "--still", "0").returncode == 0
        assert f"{RAW_2X}.receipt.json" in record(rig, "done")

    def test_the_state_of_version_0_1_0_still_counts(self, rig):
        FAULTY.write(rig / "data")
        assert scan_once(rig, "--still", "0").returncode == 0, "what is seen for the first time is not finished"
        assert scan_once(rig, "--still", "0").returncode == 1
        state = rig / "data" / STATE_FILE
        state.write_text(state.read_text(encoding="ascii").replace('"handled"', '"dealt_with"'), encoding="ascii")
        assert scan_once(rig, "--still", "0").returncode == 0
        assert log(rig).count("FAILED") == 1

    @pytest.mark.parametrize("damage", [b"", b'{"x"', b"[]", b'{"x": 1}', b'{"x": {"fingerprint": 1}}', b"\xff\xfe"])
    def test_a_damaged_state_file_only_restarts_the_waiting(self, rig, damage):
        base_tree("raw-2x").write(rig / "data")
        (rig / "data" / STATE_FILE).write_bytes(damage)
        assert scan_once(rig, "--still", "5").returncode == 0
        assert RAW_2X in json.loads((rig / "data" / STATE_FILE).read_text(encoding="ascii"))

    def test_a_restart_of_the_machine_does_not_shorten_the_waiting(self, rig, monkeypatch):
        """The monotonic clock begins again: its reading is all that is known to have passed."""
        base_tree("raw-2x").write(rig / "data")
        clock = [1_000_000.0]
        monkeypatch.setattr("aind_lint.app.watching.idle_tracker.monotonic", lambda: clock[0])
        scan_once(rig, "--still", "10")
        for now in (500.0, 599.0):
            clock[0] = now
            scan_once(rig, "--still", "10")
            assert not (rig / "bucket").exists()
        clock[0] += 1
        scan_once(rig, "--still", "10")
        assert (rig / "bucket" / RAW_2X).is_dir()

    def test_the_system_clock_does_not_count(self, rig, monkeypatch):
        base_tree("raw-2x").write(rig / "data")
        scan_once(rig, "--still", "10")
        clock = time.time
        monkeypatch.setattr(time, "time", lambda: clock() + 10**8)
        scan_once(rig, "--still", "10")
        assert not (rig / "bucket").exists()

    def test_folders_that_are_no_assets_are_ignored(self, rig):
        (rig / "data" / "notes").mkdir()
        (rig / "data" / "notes" / "x.txt").write_text("x")
        (rig / "data" / ".hidden").mkdir()
        assert scan_once(rig, "--still", "0").returncode == 0
        assert not (rig / "data" / "failed").exists()


@pytest.mark.slow
def test_the_next_watcher_finishes_the_work_of_a_killed_one(rig):
    base_tree("founding-raw-0x").write(rig / "data")  # older metadata needs no models
    with (rig / "data" / RAW_0X / "ecephys" / "large.bin").open("wb") as file:
        file.truncate(2**29)
    mark(rig, RAW_0X)
    command = [sys.executable, "-m", "aind_lint", "watch", "data", "--to", "./bucket", "--every", "0.2"]
    with subprocess.Popen(command, cwd=rig, env=environment(rig), stderr=subprocess.PIPE) as watcher:
        try:
            deadline = time.monotonic() + 60
            while not (rig / "bucket" / RAW_0X).is_dir() and time.monotonic() < deadline:
                time.sleep(0.02)
        finally:
            watcher.kill()
    assert (rig / "data" / f"{RAW_0X}.ready").exists(), "it was killed before it had finished"
    done = scan_once(rig)
    assert done.returncode == 0, done.stderr
    assert run_here(rig, "verify", f"data/{RAW_0X}", "--in", "bucket").returncode == 0


@pytest.mark.skipif(not hasattr(signal, "SIGTERM") or os.name == "nt", reason="no SIGTERM to send here")
def test_sigterm_ends_the_watcher_at_once(rig):
    command = [sys.executable, "-m", "aind_lint", "watch", "data", "--to", "./bucket", "--every", "60"]
    with subprocess.Popen(command, cwd=rig, env=environment(rig), stderr=subprocess.PIPE) as watcher:
        assert watcher.stderr is not None
        assert b"watching data for " in watcher.stderr.readline()
        watcher.terminate()
        assert watcher.wait(20) == 143
        assert b"interrupted" in watcher.stderr.read()


def test_a_second_watcher_is_refused_until_the_first_is_gone(rig):
    command = [sys.executable, "-m", "aind_lint", "watch", "data", "--to", "./bucket", "--every", "60"]
    with subprocess.Popen(command, cwd=rig, env=environment(rig), stderr=subprocess.PIPE) as watcher:
        try:
            assert watcher.stderr is not None
            assert b"watching data for " in watcher.stderr.readline()
            for _ in range(2):
                second = scan_once(rig)
                said = rf"error: data is already watched by process {watcher.pid} on \S+ since [-0-9]+ [:0-9]+; a"
                assert second.returncode == 2 and re.match(said, second.stderr), second.stderr
            (rig / "other").mkdir()
            assert run_here(rig, "watch", "other", "--to", "./bucket", "--once").returncode == 0
        finally:
            watcher.kill()
    for _ in range(2):
        third = scan_once(rig)
        assert (third.returncode, third.stderr) == (0, "")


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"pid": "\\u001b[2J"}'])
def test_a_holder_file_that_names_no_process(rig, damage):
    with single_watcher(rig / "data"):
        (rig / "data" / HOLDER_FILE).write_bytes(damage)
        done = scan_once(rig)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "data is already watched by another process;" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="locks are another thing there")
def test_on_a_file_system_without_locks_it_watches_and_warns(rig, monkeypatch):
    def none(*arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    done = scan_once(rig)
    assert done.returncode == 0
    assert "data cannot be locked against a second watcher: no locks available" in done.stderr


@pytest.mark.slow
def test_the_watcher_waits_for_an_unreachable_bucket_and_reports_it_once(rig, monkeypatch):
    FAULTY.write(rig / "data")
    mark(rig)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    s3 = ("watch", "data", "--to", "s3://bucket", "--endpoint-url", "http://127.0.0.1:9", "--region", "us-west-2")
    assert run_here(rig, *s3, "--once").returncode == 1
    assert (rig / "data" / f"{RAW_2X}.ready").exists() and not (rig / "data" / "failed").exists()
    assert "the bucket could not be reached, trying again later" in log(rig)


def test_a_real_bucket_that_comes_back_gets_the_asset(rig, seaweedfs, s3):
    base_tree("raw-2x").write(rig / "data")
    mark(rig)
    bucket = seaweedfs.make_bucket()
    command = ("watch", "data", "--to", f"s3://{bucket}", "--once", "--endpoint-url")
    assert run_here(rig, *command, "http://127.0.0.1:9").returncode == 1
    assert (rig / "data" / f"{RAW_2X}.ready").exists()
    done = run_here(rig, *command, s3.endpoint_url)
    assert done.returncode == 0, done.stderr
    assert f"{RAW_2X}.ready" in record(rig, "done") and f"published in s3://{bucket}" in log(rig)


def test_the_watcher_waits_for_an_open_file(rig, monkeypatch):
    base_tree("raw-2x").write(rig / "data")
    mark(rig)
    real = os.open

    def held(path, *arguments, **options):
        if Path(path).suffix == ".csv":
            raise PermissionError(errno.EACCES, "The process cannot access the file because it is being used", path)
        return real(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("aind_lint.asset.listing.folder_scan.os.open", held)
        assert scan_once(rig).returncode == 1
    assert (rig / "data" / f"{RAW_2X}.ready").exists()
    assert "not finished yet, trying again later" in log(rig)
    assert scan_once(rig).returncode == 0


class TestMoveData:
    """The rename of what was published."""

    def test_published_data_is_renamed_into_done(self, rig):
        base_tree("raw-2x").write(rig / "data")
        before = content(rig / "data" / RAW_2X)
        mark(rig)
        assert scan_once(rig, "--move-data").returncode == 0
        assert not (rig / "data" / RAW_2X).exists()
        assert content(rig / "data" / "done" / RAW_2X) == before

    def test_refused_data_is_kept(self, rig):
        FAULTY.write(rig / "data")
        mark(rig)
        scan_once(rig, "--move-data")
        assert (rig / "data" / RAW_2X).is_dir()

    def test_data_on_another_volume_is_kept_and_not_copied(self, rig, monkeypatch):
        base_tree("raw-2x").write(rig / "data")
        mark(rig)
        real = Path.rename

        def rename(path, target):
            if path.is_dir():
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return real(path, target)

        monkeypatch.setattr(Path, "rename", rename)
        assert scan_once(rig, "--move-data").returncode == 0
        assert (rig / "data" / RAW_2X).is_dir() and not (rig / "data" / "done" / RAW_2X).exists()
        assert "the data stays where it is: invalid cross-device link" in log(rig)


@pytest.fixture
def chat():
    """A server that remembers what it was sent."""
    received: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.received = received  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


BAD_REPLIES = {
    "none": b"",
    "no HTTP": b"\x00\xff secret\r\n\r\n",
    "another protocol": b"SSH-2.0-secret\r\n",
    "an endless line": b"HTTP/1.1 200 " + b"x" * 100_000,
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"a: secret\r\n" * 200 + b"\r\n",
    "a redirect to another host": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:9/secret\r\n\r\n",
    "a redirect to itself": b"HTTP/1.1 302 Found\r\nLocation: /secret\r\nContent-Length: 0\r\n\r\n",
    "a redirect to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///secret\r\n\r\n",
    "a redirect to nonsense": b"HTTP/1.1 307 secret\r\nLocation: http://[secret\r\n\r\n",
}


@contextmanager
def running_raw_server(reply: bytes) -> Iterator[int]:
    """A server that answers every request with these bytes; its port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.wfile.write(reply)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class TestWebhook:
    """Notifications of failures."""

    def test_a_failure_is_sent(self, rig, chat):
        FAULTY.write(rig / "data")
        mark(rig)
        scan_once(rig, "--webhook", f"http://127.0.0.1:{chat.server_port}/secret")
        (message,) = chat.received
        assert message["asset"] == RAW_2X and message["text"] == f"aind-lint: {RAW_2X}: not published: CON103"
        assert "CON103" in str(message["details"])
        assert "secret" not in log(rig)

    def test_success_is_not_sent(self, rig, chat):
        base_tree("raw-2x").write(rig / "data")
        mark(rig)
        scan_once(rig, "--webhook", f"http://127.0.0.1:{chat.server_port}/")
        assert chat.received == []

    @pytest.mark.parametrize("address", ["http://127.0.0.1:9/secret", "http://127.0.0.1:{port}/broken"])
    def test_a_webhook_that_fails_stops_nothing(self, rig, chat, address):
        FAULTY.write(rig / "data")
        mark(rig)
        done = scan_once(rig, "--webhook", address.format(port=chat.server_port))
        assert done.returncode == 1 and f"{RAW_2X}.ready" in record(rig, "failed")
        assert "the webhook at 127.0.0.1 could not be notified" in log(rig) and "secret" not in log(rig)

    @pytest.mark.parametrize(
        "address",
        [
            *(
                "file:///etc/passwd",
                "chat",
                "http://",
                "ftp://x/y",
                "http://[x",
                "http://x:0/",
                "http://x:99999/secret",
            ),
            *("http://x:port/secret", "http://x/a b", "http://x/a\nb"),
        ],
    )
    def test_only_a_web_address_is_accepted(self, rig, address):
        done = scan_once(rig, "--webhook", address)
        assert done.returncode == 2 and "the webhook is not an address" in done.stderr
        assert "secret" not in done.stderr

    @pytest.mark.parametrize("reply", [*BAD_REPLIES.values()], ids=BAD_REPLIES)
    def test_a_bad_reply_stops_nothing_and_shows_no_secret(self, rig, reply):
        FAULTY.write(rig / "data")
        mark(rig)
        with running_raw_server(reply) as port:
            done = scan_once(rig, "--webhook", f"http://127.0.0.1:{port}/secret")
        assert done.returncode == 1 and f"{RAW_2X}.ready" in record(rig, "failed")
        assert "the webhook at 127.0.0.1 could not be notified" in log(rig)
        assert "secret" not in log(rig) and "secret" not in done.stderr and "Traceback" not in log(rig)


@pytest.mark.parametrize(
    ("folder", "reason"),
    [("missing", "missing does not exist"), ("file", "file is not a folder"), (RAW_2X, "is an asset;")],
)
def test_what_cannot_be_watched_is_reported(rig, folder, reason):
    (rig / "file").touch()
    (rig / RAW_2X).mkdir()
    done = run_here(rig, "watch", folder, "--to", "./bucket", "--once")
    assert done.returncode == 2 and reason in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_hostile_name_is_escaped_in_the_log(rig):
    mark(rig, "x\x1b[2J\n2026-01-01 00:00:00  all is well\n::error::x")
    scan_once(rig)
    text = log(rig)
    assert "\x1b" not in text and "\n2026-01-01" not in text and "\n::" not in text


def test_the_watcher_survives_an_internal_error(rig):
    for name in ("a", "b"):
        mark(rig, name)

    def publish(asset: FinishedAsset) -> Outcome:
        if asset.name == "a":
            raise ZeroDivisionError("a bug")
        return Outcome(True, "published")

    assert not Watcher(rig / "data", publish).scan_once()
    assert record(rig, "failed") == ["a.ready"] and record(rig, "done") == ["b.ready"]


def test_the_marker_stays_if_the_outcome_cannot_be_written(rig):
    mark(rig, "a")
    (rig / "data" / "done").write_text("a file where a folder belongs")
    assert not Watcher(rig / "data", lambda asset: Outcome(True, "published")).scan_once()
    assert (rig / "data" / "a.ready").exists()


def test_an_unreadable_folder_is_reported_once_and_read_again(rig, monkeypatch):
    watcher = Watcher(rig / "data", lambda asset: Outcome(True, "published"), IdleTracker(0))
    (rig / "data" / "closed").mkdir()
    real = os.listdir

    def refuse(path="."):
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr("aind_lint.asset.discovery.os.listdir", refuse)
        assert not watcher.scan_once() and not watcher.scan_once()
    assert watcher.scan_once()


def test_a_persistent_problem_is_reported_once(rig):
    def busy(asset: FinishedAsset) -> Outcome:
        raise InUseError("x.dat is held by another program")

    records: list[str] = []
    watcher = Watcher(rig / "data", busy)
    mark(rig, "b")
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("aind_lint.watch").setLevel(logging.INFO)
    logging.getLogger("aind_lint.watch").addHandler(handler)
    for _ in range(5):
        watcher.scan_once()
    logging.getLogger("aind_lint.watch").removeHandler(handler)
    assert len([line for line in records if "not finished yet" in line]) == 1
    assert len([line for line in records if line.endswith("checking")]) == 1
