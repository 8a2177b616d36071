"""The real command in processes of its own, started from one that has imported everything already.

A start costs a tenth of a fresh interpreter's, so that a test can afford hundreds, and each may be killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import Any

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
        crew: Processes help with however few small files, two at once; else only where there are many.
        fresh: Seconds for which it is believed that nobody has ended the publication.
        pipe: Bytes that a pipe to a process holds; None is what the system finds right.
    """

    pause: float = 0.005
    patience: float = 0.8
    largest_file: int | None = None
    crew: bool = False
    fresh: float = 60.0
    pipe: int | None = None


@dataclass(frozen=True)
class Done:
    """A command that has ended.

    Attributes:
        code: Its exit code; the negative number of the signal that killed it.
        output: What it wrote, both streams in one.
        read: How many files the processes of a crew have read for it.
        ordered: How many files they were to send.
        sent: How many of those they have sent.
    """

    code: int
    output: str
    read: int = 0
    ordered: int = 0
    sent: int = 0


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
        return Done(code, output, **_witnessed(self._log))


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
    _watch_crew(_witness_of(Path(log)))
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
    from aind_lint.bucket import store
    from aind_lint.bucket.s3 import client as access
    from aind_lint.bucket.s3 import small_uploads as small
    from aind_lint.publication.upload import prefetch as ahead
    from aind_lint.publication.upload import transfer
    from aind_lint.publication.upload import worker_pool as crew

    sleep = time.sleep
    time.sleep = lambda seconds: sleep(seconds * conditions.pause)
    access.READ_SECONDS = conditions.patience  # type: ignore[assignment]
    small._SECONDS = conditions.patience
    store._SMALLEST_PART = _PART
    transfer.FRESH_SECONDS = conditions.fresh
    if conditions.pipe is not None:
        subprocess.Popen = partial(subprocess.Popen, pipesize=conditions.pipe)  # type: ignore[assignment,misc]
    if conditions.crew:
        cores = crew._cores()
        crew._cores = lambda: cores + 1  # where there is but one
        crew.ENOUGH = 1
        ahead.BATCH = transfer.BATCH = 2


def _watch_crew(witness: Path) -> None:
    """Note what processes are told and what they have done: who only sees the bucket could take others for them."""
    from aind_lint.publication.upload.worker_pool import WorkerPool

    work = WorkerPool.work

    def note(what: str, number: int) -> None:
        with witness.open("a", encoding="utf-8") as lines:
            lines.write(f"{what} {number}\n")

    def watched(crew: WorkerPool, orders: Any, put: Any, heard: Any, stopping: Event) -> None:
        def tell(order: Any) -> dict[str, Any]:
            words: dict[str, Any] = put(order)
            if "delegation" in words:
                note("ordered", len(words["files"]))
            return words

        def hear(order: Any, done: list[Any]) -> None:
            note("read", sum(type(crc) is int for crc in done))
            note("sent", done.count(True))
            heard(order, done)

        work(crew, orders, tell, hear, stopping)

    WorkerPool.work = watched  # type: ignore[method-assign]


def _witness_of(log: Path) -> Path:
    return log.with_suffix(".crew")


def _witnessed(log: Path) -> dict[str, int]:
    found: Counter[str] = Counter()
    if _witness_of(log).exists():
        for line in _witness_of(log).read_text(encoding="utf-8").splitlines():
            what, number = line.split()
            found[what] += int(number)
    return dict(found)
