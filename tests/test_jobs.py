"""`check --jobs`: the same report from any number of processes, whatever happens to one of them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aind_lint import check, publish
from aind_lint.bucket.address import Connection
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, broken, environment, interruptible, run
from tests.engine.sample_rules import rule_content, write_rule
from tests.servers import SeaweedFS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")]


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(folder))
    return folder


def _write(folder: Path, assets: int) -> None:
    for number in range(assets):
        (broken() if number % 2 else base_tree("raw-2x")).write(folder / f"rig{number}")


@pytest.mark.parametrize("extra", [[], ["--no-cache"]])
@pytest.mark.parametrize("assets", [5, 45])
def test_any_number_of_processes_gives_the_same_report(
    assets: int, extra: list[str], tmp_path: Path, cache: Path
) -> None:
    _write(tmp_path, assets)
    (tmp_path / "rig.json").write_text("{", encoding="utf-8")
    formats = ["--format", "json", "--fast"]
    alone = run(tmp_path, "check", ".", *formats, "--no-cache")
    assert alone.returncode == 1
    for jobs in ("2", "3"):
        together = run(tmp_path, "check", ".", *formats, "--jobs", jobs, *extra)
        assert (together.returncode, _untimed(together.stdout), together.stderr) == (1, _untimed(alone.stdout), "")


def _untimed(report: str) -> str:
    return re.sub(r'"started": "[^"]*"', "", report)


def test_a_program_with_threads_spawns_processes(tmp_path: Path, cache: Path) -> None:
    _write(tmp_path, 3)
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        together = check([tmp_path], jobs=2, cache=False)
    finally:
        ended.set()
        thread.join()
    assert together.assets == check([tmp_path], cache=False).assets


def test_an_error_ends_the_run_as_in_one_process(tmp_path: Path, cache: Path) -> None:
    _write(tmp_path, 3)
    (tmp_path / "own").mkdir()
    write_rule(tmp_path / "own", rule_content(check="nothing"))
    alone, together = (
        run(tmp_path, "check", ".", "--jobs", jobs, "--extend-rules", "own", "--no-cache") for jobs in ("1", "2")
    )
    assert (together.returncode, together.stdout, together.stderr.count("\n")) == (2, "", 1)
    assert together.stderr == alone.stderr


@contextlib.contextmanager
def _checking(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "aind_lint", "check", ".", "--jobs", "2", "--no-cache", *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=interruptible,
        text=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that a running check has started, as soon as there are two."""
    file = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not file.parent.is_dir():
        pytest.skip("this system does not say which processes another one has")
    deadline = time.monotonic() + 60
    while len(children := file.read_text(encoding="ascii").split()) < 2:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    return [int(child) for child in children]


@pytest.mark.parametrize("assets", [30, 150])
def test_a_process_that_is_killed_is_an_error_that_names_its_asset(assets: int, tmp_path: Path, cache: Path) -> None:
    for number in range(assets):
        base_tree("raw-2x").write(tmp_path / f"rig{number}")
    with _checking(tmp_path) as process:
        os.kill(_children(process)[1], signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.count("\n")) == (2, "", 1)
    assert re.match(rf"error: .* process that checked rig[0-9]+/{RAW_2X} was killed by signal 9", err)


def test_an_interrupt_ends_all_processes_at_once(tmp_path: Path, cache: Path) -> None:
    for number in range(200):
        base_tree("raw-2x").write(tmp_path / f"rig{number}")
    with _checking(tmp_path) as process:
        _children(process)
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        # Both streams end only when no process of the group holds them any more.
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.strip().startswith("error: interrupted")
    assert err.count("\n") <= 2


def test_workers_end_when_their_run_is_killed(tmp_path: Path, cache: Path) -> None:
    for number in range(200):
        base_tree("raw-2x").write(tmp_path / f"rig{number}")
    with _checking(tmp_path) as process:
        _children(process)
        process.kill()
        out, err = process.communicate(timeout=60)  # as above
    assert (out, err) == ("", "")


def test_assets_in_a_bucket_are_distributed_too(
    seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path, cache: Path
) -> None:
    bucket = seaweedfs.make_bucket()
    for base in ("raw-2x", "derived-2x"):
        publish(base_tree(base).write(tmp_path), f"s3://{bucket}", connection=s3)
    seaweedfs.client.put_object(Bucket=bucket, Key=f"{RAW_2X}/subject.json", Body=b"{")
    assert s3.endpoint_url
    command = ["check", f"s3://{bucket}", "--endpoint-url", s3.endpoint_url, "--format", "json", "--fast"]
    alone, together = (run(tmp_path, *command, "--jobs", jobs) for jobs in ("1", "2"))
    assert (alone.returncode, together.returncode, together.stderr) == (1, 1, "")
    assert _untimed(together.stdout) == _untimed(alone.stdout)
    assert together.stdout.count('"path": "s3://') == 2


def test_a_bucket_that_is_gone_is_one_error(tmp_path: Path, cache: Path) -> None:
    addresses = [f"s3://bucket/{RAW_2X}", f"s3://bucket/{broken().name}"]
    done = run(tmp_path, "check", *addresses, "--jobs", "2", "--endpoint-url", "http://127.0.0.1:9")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
