"""The real command in processes of its own, started from one that has imported everything already.

A start costs a tenth of a fresh interpreter's, so that a test can afford hundreds, and each may be killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

#: In the commands of tests objects of more than so many bytes are sent in parts (S3 allows no smaller ones).
_PART = 5 * 2**20

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.preloaded"])


@dataclass(frozen=True)
class Conditions:
    """Under what conditions a command runs.

    Attributes:
        pause: A pause before something is tried again lasts only so much of its time.
        patience: Seconds for which a reply is waited for.
        largest_file: Bytes at which the disk is full for a file, if it ever is.
        fresh: Seconds for which an undecided attempt need not be read again.
    """

    pause: float = 0.005
    patience: float = 0.8
    largest_file: int | None = None
    fresh: float = 60.0


@dataclass(frozen=True)
class Done:
    """A command that has ended.

    Attributes:
        code: Its exit code; the negative number of the signal that killed it.
        output: What it wrote, both streams in one.
    """

    code: int
    output: str


class Command:
    """A running ``aind-lint`` command."""

    def __init__(
        self, arguments: list[str], environment: dict[str, str], log: Path, conditions: Conditions = Conditions()
    ) -> None:
        self._log = log
        work = (arguments, environment, str(log), conditions)
        self._process: BaseProcess = _SERVER.Process(target=_run, args=work, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process.pid is not None
        return self._process.pid

    def kill(self) -> None:
        """End it without any chance to tidy up."""
        self._process.kill()

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        os.kill(self.pid, signal.SIGINT)

    def terminate(self) -> None:
        """What systemd and ``timeout`` do."""
        os.kill(self.pid, signal.SIGTERM)

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, at most so long."""
        self._process.join(seconds)
        return self._process.exitcode is not None

    def result(self, seconds: float = 120) -> Done:
        """How it ended.

        Raises:
            TimeoutError: It did not; it is killed then.
        """
        ended = self.ends_within(seconds)
        if not ended:
            self.kill()
            self._process.join()
        code = self._process.exitcode
        assert code is not None
        self._process.close()
        output = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        if not ended:
            raise TimeoutError(f"the command did not end within {seconds} s; it wrote:\n{output}")
        return Done(code, output)


def seconds_of(command: Command) -> float:
    """How long a command takes that has just been started."""
    started = time.monotonic()
    command.result()
    return time.monotonic() - started


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
    _shorten(conditions)
    if conditions.largest_file is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (conditions.largest_file, conditions.largest_file))
    sys.argv = ["aind-lint", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()


def _shorten(conditions: Conditions) -> None:
    """Shorten the waiting and the parts, not the deciding: with all as it is a night would not be enough."""
    from aind_lint.bucket import retry, store
    from aind_lint.bucket.s3 import client, upload_credentials
    from aind_lint.publication.upload import transfer

    sleep, pause_after = time.sleep, retry.RetryPolicy.pause_after
    time.sleep = lambda seconds: sleep(seconds * conditions.pause)
    client.READ_SECONDS = conditions.patience  # type: ignore[assignment]
    upload_credentials._REQUEST_SECONDS = conditions.patience
    retry.RetryPolicy.pause_after = lambda *about: pause_after(*about) * conditions.pause  # type: ignore[method-assign]
    store._SMALLEST_PART = _PART
    transfer.MAX_INSPECTION_AGE = conditions.fresh
