"""The real command in a process of its own, forked from a server process that has imported all modules.

A fork takes a tenth of the time of a new interpreter, so a test can start hundreds of commands and kill each. Windows
cannot fork: there every command starts a new interpreter.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

#: In the commands of tests objects of more than so many bytes are sent in parts (S3 allows no smaller ones).
_PART = 5 * 2**20

_ROOT = Path(__file__).parents[1]
_SIGKILL = 9  # Windows has no name for it

#: Seconds after which a command counts as hanging. On a busy machine a start under Wine alone takes one or two minutes.
LIMIT = 600 if sys.platform == "win32" else 120


@dataclass(frozen=True)
class Conditions:
    """The conditions under which a command runs.

    Attributes:
        pause_factor: Factor for the pauses before retries.
        request_timeout: Seconds to wait for a response.
        largest_file: Bytes at which writing a file fails, as on a full disk; None for no limit.
        max_inspection_age: Seconds for which an undecided attempt need not be read again.
        min_objects_for_workers: Small objects from which on a worker process helps to send them; None is as usual.
    """

    pause_factor: float = 0.005
    request_timeout: float = 0.8
    largest_file: int | None = None
    max_inspection_age: float = 60.0
    min_objects_for_workers: int | None = None


@dataclass(frozen=True)
class CommandResult:
    """The result of a command.

    Attributes:
        code: Its exit code, or the negative number of the signal that killed it.
        output: Standard output and standard error together.
    """

    code: int
    output: str


class Command:
    """A running ``aind-lint`` command."""

    def __init__(
        self, arguments: list[str], environment: dict[str, str], log: Path, conditions: Conditions = Conditions()
    ) -> None:
        self._log = log
        start = _NewInterpreter if sys.platform == "win32" else _fork
        self._process: BaseProcess | _NewInterpreter = start(arguments, environment, str(log), conditions)

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid is not None
        return self._process.pid

    def kill(self) -> None:
        """Kill the process."""
        self._process.kill()

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does; on Windows Ctrl-Break, since Ctrl-C reaches all processes of a console."""
        try:
            os.kill(self.pid, getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))
        except OSError:
            if sys.platform != "win32" or self.wait(0):
                raise
            self.kill()
            pytest.skip("Wine sends no Ctrl-Break to the processes of one group")

    def terminate(self) -> None:
        """Send SIGTERM, as systemd and ``timeout`` do."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the process; False if it runs longer than ``seconds``."""
        self._process.join(seconds)
        return self._process.exitcode is not None

    def result(self, seconds: float = LIMIT) -> CommandResult:
        """Wait for the result of the command.

        Raises:
            TimeoutError: It runs longer than ``seconds``; it is killed.
        """
        ended = self.wait(seconds)
        if not ended:
            self.kill()
            self._process.join()
        code = self._process.exitcode
        assert code is not None
        self._process.close()
        output = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        if not ended:
            raise TimeoutError(f"the command did not end within {seconds} s; it wrote:\n{output}")
        return CommandResult(code, output)


def _fork(arguments: list[str], environment: dict[str, str], log: str, conditions: Conditions) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    process = context.Process(target=_run, args=(arguments, environment, log, conditions), daemon=True)
    process.start()
    return process


class _NewInterpreter:
    """A command in a new interpreter, with the methods of a process of `multiprocessing`."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: str, conditions: Conditions) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.commands import run_from_input; run_from_input()"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(
                subprocess, "CREATE_NEW_PROCESS_GROUP", 0
            ),  # otherwise Ctrl-Break ends the tests, too
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([arguments, environment, log, asdict(conditions)]).encode())
        self._process.stdin.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exitcode(self) -> int | None:
        code = self._process.poll()
        return -_SIGKILL if code == _SIGKILL else code

    def kill(self) -> None:
        with suppress(PermissionError):  # it has ended
            os.kill(self.pid, _SIGKILL)  # Windows makes the number the exit code

    def join(self, seconds: float | None = None) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def close(self) -> None:
        pass


def run_from_input() -> None:
    """Run the command that standard input describes."""
    arguments, environment, log, conditions = json.load(sys.stdin)
    _run(arguments, environment, log, Conditions(**conditions))


def _run(arguments: list[str], environment: dict[str, str], log: str, conditions: Conditions) -> None:
    from aind_lint.cli.main import main

    with open(log, "ab") as output, open(os.devnull, "rb") as nothing:  # noqa: PTH123 - plain descriptors
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - multiprocessing has closed it
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    _apply(conditions)
    if conditions.largest_file is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (conditions.largest_file, conditions.largest_file))
    sys.argv = ["aind-lint", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()


def _apply(conditions: Conditions) -> None:
    """Shorten pauses, timeouts and parts: with the real values the tests would take hours."""
    from aind_lint.app.publishing import publish_steps
    from aind_lint.bucket import body, retry
    from aind_lint.bucket.s3 import client
    from aind_lint.bucket.s3.small_objects import request_signer
    from aind_lint.publication.upload import transfer

    sleep, pause_after = time.sleep, retry.RetryPolicy.pause_after
    time.sleep = lambda seconds: sleep(seconds * conditions.pause_factor)
    client.READ_SECONDS = conditions.request_timeout  # type: ignore[assignment]
    request_signer._REQUEST_SECONDS = conditions.request_timeout
    retry.RetryPolicy.pause_after = lambda *about: pause_after(*about) * conditions.pause_factor  # type: ignore[method-assign]
    body._SMALLEST_PART = _PART
    transfer.MAX_INSPECTION_AGE = conditions.max_inspection_age
    if conditions.min_objects_for_workers is not None:
        publish_steps.MIN_OBJECTS_FOR_WORKERS = conditions.min_objects_for_workers  # type: ignore[attr-defined]
