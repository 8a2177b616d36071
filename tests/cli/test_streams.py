"""Exit codes, what goes to which stream, and what survives odd terminals, pipes and interruptions."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aind_lint.engine.rules import rule_loader
from aind_lint.engine.rules.verb import load_verb
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import (
    DERIVED_2X,
    RAW_0X,
    RAW_2X,
    broken,
    edited,
    environment,
    interruptible,
    portable,
    run,
    run_here,
)

pytestmark = pytest.mark.slow

_ESCAPE = "\x1b["
DERIVED_0X = f"ecephys_{DERIVED_2X}"
_COMMAND = (sys.executable, "-m", "aind_lint")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    base_tree("raw-2x").write(tmp_path)
    return tmp_path


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Assets with metadata 0.x, for processes of their own: no models are loaded for them, which takes a second."""
    for base in ("founding-raw-0x", "founding-derived-0x"):
        base_tree(base).write(tmp_path)
    return tmp_path


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    broken().write(tmp_path)
    return tmp_path


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


def test_findings_go_to_standard_output_and_nothing_else_to_standard_error(faulty: Path) -> None:
    done = run(faulty, "check")
    assert done.returncode == 1
    assert "error[CON103]" in done.stdout
    assert (done.stderr, _ESCAPE in done.stdout) == ("", False)


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("never", 0)])
def test_fail_on_a_warning(fail_on: str, code: int, tmp_path: Path) -> None:
    base_tree("founding-raw-1x").write(tmp_path)
    done = run_here(tmp_path, "check", "--fail-on", fail_on, "--format", "json")
    assert done.returncode == code
    assert json.loads(done.stdout)["summary"]["exit_code"] == code


def test_fail_on_never_with_errors(faulty: Path) -> None:
    assert run_here(faulty, "check", "--fail-on", "never").returncode == 0
    several = run_here(faulty, "check", "--ignore", "SID,SCH")
    assert (several.returncode, "name one rule at a time" in several.stderr) == (2, True)
    assert run_here(faulty, "check", "--ignore", "SID", "--ignore", "CON103").returncode == 0
    assert run_here(faulty, "check", "--select", "CON103").returncode == 1


def test_no_asset_is_3_and_beside_findings_1(faulty: Path) -> None:
    (faulty / "empty").mkdir()
    assert run_here(faulty, "check", "empty").returncode == 3
    done = run_here(faulty, "check", "empty", RAW_0X)
    assert (done.returncode, done.stderr) == (1, "error: empty is empty\n")
    base_tree("raw-2x").write(faulty)
    assert run_here(faulty, "check", "empty", RAW_2X).returncode == 3


def test_an_unreadable_bucket_is_4_and_outranks_findings(faulty: Path) -> None:
    done = run_here(faulty, "check", RAW_0X, "--bucket", "nowhere")
    assert (done.returncode, done.stderr) == (
        4,
        "error: the bucket nowhere does not exist; did you mean s3://nowhere?\n",
    )
    assert "error[CON103]" in done.stdout


def test_of_several_publications_the_worst_counts(faulty: Path) -> None:
    assert run_here(faulty, "publish", RAW_0X, "--to", "./bucket", "--yes").returncode == 1
    base_tree("raw-2x").write(faulty)
    assert run_here(faulty, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 0
    (faulty / RAW_2X / "behavior/trials.csv").write_text("trial\n")
    base_tree("derived-2x").write(faulty)
    assert run_here(faulty, "publish", RAW_2X, RAW_0X, "--to", "./bucket", "--yes").returncode == 5
    assert run_here(faulty, "publish", RAW_2X, "missing", "--to", "./bucket", "--yes").returncode == 2
    done = run_here(faulty, "publish", RAW_2X, RAW_0X, DERIVED_2X, "--to", "./bucket", "--yes")
    assert done.returncode == 5
    assert f"{DERIVED_2X} is published in {faulty.as_posix()}/bucket" in portable(done.stdout), (
        "one that fails keeps no other back"
    )
    assert run_here(faulty, "check", RAW_2X, "--bucket", "bucket").returncode == 1, "a conflict is a finding in check"
    assert run_here(faulty, "verify", RAW_2X, "--in", "bucket").returncode == 5


def test_a_rule_that_crashes_is_2(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aind_lint.checks.consistency import values_agree

    def crash(*arguments: object) -> Iterator[object]:
        raise RuntimeError("no such luck")
        yield

    monkeypatch.setattr(values_agree, "check", crash)
    _forget_loaded_rules()
    try:
        checked = run_here(good, "check", "--format", "concise", "--no-cache")
        published = run_here(good, "publish", RAW_2X, "--to", "./bucket", "--yes")
    finally:
        _forget_loaded_rules()
    assert (checked.returncode, published.returncode) == (2, 2)
    assert f"{RAW_2X}: internal error[CON103] RuntimeError: no such luck" in checked.stdout
    assert not (good / "bucket").exists()


def _forget_loaded_rules() -> None:
    load_verb.cache_clear()
    rule_loader._load_shipped.cache_clear()


def test_several_formats_at_once(good: Path) -> None:
    done = run_here(good, "check", "--format", "json=report.json", "--format", "text", "--format", "concise=c.txt")
    assert done.stdout.endswith(" rules not checked (no bucket given).\n")
    assert json.loads((good / "report.json").read_text(encoding="utf-8"))["summary"]["exit_code"] == 0
    assert (good / "c.txt").read_text(encoding="utf-8").count("\n") == 1


def test_output_takes_the_report_without_colors(faulty: Path) -> None:
    done = run(faulty, "check", "--output", "report.txt", FORCE_COLOR="1")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 1)
    assert _ESCAPE not in (faulty / "report.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "formats",
    [
        ("--format", "json", "--format", "text"),
        ("--format", "json=a", "--format", "text=a"),
        ("--format", "json", "--format", "text", "--output", "a"),
        ("--format", "json="),
        ("--output", "missing/report.txt"),
    ],
)
def test_formats_that_would_overwrite_one_another(formats: tuple[str, ...], good: Path) -> None:
    done = run_here(good, "check", *formats)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert not (good / "a").exists()


def test_from_files(good: Path) -> None:
    (good / "README.md").write_text("nothing\n")
    done = run_here(good, "check", "--from-files", "README.md", "gone.txt")
    assert (done.returncode, done.stdout, done.stderr) == (0, _NOTHING, "no asset contains these files\n")
    assert run_here(good, "check", "--from-files").returncode == 0
    (good / RAW_2X / "data_description.json").unlink()
    done = run_here(
        good, "check", "--from-files", f"{RAW_2X}/data_description.json", f"{RAW_2X}/gone", "--format", "json"
    )
    assert done.returncode == 1, "a deleted sidecar concerns its asset"
    assert [asset["name"] for asset in json.loads(done.stdout)["assets"]] == [RAW_2X]


_NOTHING = "0 assets, 0 rules, 0 findings.\n"


@pytest.mark.parametrize(
    ("variables", "colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colors(variables: dict[str, str], colored: bool, tmp_path: Path) -> None:
    done = run(tmp_path, "name", "X", **variables)
    assert (_ESCAPE in done.stdout) is colored
    done = run(tmp_path, "explain", "X", **variables)
    assert (_ESCAPE in done.stderr) is colored


@pytest.mark.parametrize("encoding", ["ascii:strict", "cp1252:strict"])
def test_no_encoding_of_the_terminal_is_a_crash(encoding: str, tmp_path: Path) -> None:
    name = f"{RAW_0X}-μ鼠"
    tree = edited("founding-raw-0x", "subject.json", subject_id="Mäuschen 鼠 🐁")
    tree.name = name
    tree.write(tmp_path)
    for arguments in (["check"], ["check", "--format", "concise"], ["check", "--format", "json"], ["name", name]):
        done = run(tmp_path, *arguments, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert done.returncode == 1, done.stderr
        assert done.stderr == ""
    assert run(tmp_path, "check", f"{name}/鼠", PYTHONIOENCODING=encoding, PYTHONUTF8="0").returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="pipes differ")
@pytest.mark.parametrize("arguments", [["check"], ["rules"], ["explain", "CON103"]])
def test_a_reader_that_closes_the_pipe(arguments: list[str], faulty: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [*_COMMAND, *arguments],
            cwd=faulty,
            env=environment(faulty),
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b""
    assert done.returncode == (1 if arguments == ["check"] else 0), "the verdict does not depend on the reader"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes differ")
def test_publishing_continues_when_the_pipe_is_closed(older: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [*_COMMAND, "publish", RAW_0X, DERIVED_0X, "--to", "./bucket", "--yes"],
            cwd=older,
            env=environment(older),
            stdout=closed,
            stderr=closed,
            check=False,
        )
    assert done.returncode == 0
    assert (older / "bucket" / DERIVED_0X / "data_description.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /dev/full")
def test_a_full_disk_is_one_line(faulty: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*_COMMAND, "check"], cwd=faulty, env=environment(faulty), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (2, b"error: no space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("command", [["check", RAW_0X, "--bucket"], ["publish", RAW_0X, "--yes", "--to"]])
def test_interrupted_while_waiting_for_the_bucket(
    command: list[str], older: Path, silent_server: socket.socket
) -> None:
    url = f"http://127.0.0.1:{silent_server.getsockname()[1]}"
    variables = environment(older, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
    with _started(older, variables, *command, "s3://bucket", "--endpoint-url", url) as process:
        silent_server.accept()
        _assert_interrupted(process)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_interrupted_while_reading_the_data(older: Path) -> None:
    for number in range(5):
        with (older / RAW_0X / f"ecephys/{number}.raw").open("wb") as stream:
            stream.truncate(4 * 2**30)
    with _started(older, environment(older), "publish", RAW_0X, "--to", "./bucket", "--yes") as process:
        _wait_until_open(process, ".raw")
        _assert_interrupted(process)
    assert not (older / "bucket").exists()


def _wait_until_open(process: subprocess.Popen[bytes], ending: str) -> None:
    descriptors = Path(f"/proc/{process.pid}/fd")
    if not descriptors.is_dir():
        time.sleep(2)
        return
    for _ in range(600):
        assert process.poll() is None
        try:
            if any(os.path.realpath(link).endswith(ending) for link in descriptors.iterdir()):
                return
        except FileNotFoundError:
            continue  # a file was closed since it was listed
        time.sleep(0.05)
    raise AssertionError("the data are not read")


@contextlib.contextmanager
def _started(cwd: Path, variables: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A running command that can be interrupted, and that is gone however the test ends."""
    with subprocess.Popen(
        [*_COMMAND, *arguments],
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=interruptible,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _assert_interrupted(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    expected = "error: interrupted; what was complete is kept: run the same command again to continue"
    assert err.decode().strip() == expected


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
class TestOnATerminal:
    def test_publish_prompts_once_and_no_writes_nothing(self, good: Path) -> None:
        base_tree("raw-0x").write(good)
        code, shown = _on_terminal(good, ["publish", RAW_2X, RAW_0X, "--to", "./bucket"], b"n\n")
        assert code == 2
        assert shown.count(f"Publish 2 assets to {good}/bucket? [y/N]") == 1
        assert f"{good}/bucket is permanent, and may be public" in shown
        assert shown.count("nothing was published: you answered no.") == 2
        assert "error" not in shown
        assert not (good / "bucket").exists()

    def test_publish_prompts_once_and_yes_publishes_all(self, older: Path) -> None:
        code, shown = _on_terminal(older, ["publish", RAW_0X, DERIVED_0X, "--to", "./bucket"], b"y\n")
        assert code == 0
        assert shown.count("[y/N]") == 1
        assert shown.count("and verified (") == 2

    def test_no_prompt_for_an_asset_that_cannot_be_published(self, faulty: Path) -> None:
        code, shown = _on_terminal(faulty, ["publish", RAW_0X, "--to", "./bucket"], b"")
        assert code == 1
        assert "[y/N]" not in shown
        assert _ESCAPE in shown

    def test_end_of_input_is_an_interruption(self, older: Path) -> None:
        code, shown = _on_terminal(older, ["publish", RAW_0X, "--to", "./bucket"], b"\x04")
        assert code == 130
        assert "Traceback" not in shown
        assert not (older / "bucket").exists()


def _on_terminal(cwd: Path, arguments: list[str], answer: bytes) -> tuple[int, str]:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*_COMMAND, *arguments], cwd=cwd, env=environment(cwd), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, answer)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(60), re.sub("\r", "", shown.decode())
