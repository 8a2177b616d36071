"""Several processes that check assets at the same time.

Each is sent the numbers of the assets to check, one ahead so that it need not wait, and sends back one report after
the other: the first number that it has not answered is the asset it is at, which is named if it dies.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from pathlib import Path

from aind_lint.app.caching_checker import CachingChecker
from aind_lint.app.targets import Candidate
from aind_lint.errors import AindLintError
from aind_lint.finding import AssetReport

#: Assets that a process has been given and not answered.
_AHEAD = 2
#: With so many assets for each process, one can be checked before there are any.
_MANY = 20
#: Seconds after which a wait begins anew: on Windows an endless one hears no interrupt.
_WAIT = 0.5


def check_parallel(checker: CachingChecker, candidates: Sequence[Candidate], jobs: int) -> list[AssetReport]:
    """A report for every candidate, in their order.

    Raises:
        AindLintError: What the check of an asset raises, of several the first; or a process has died at one.
    """
    if not _can_fork(checker, candidates):
        return _shared(multiprocessing.get_context("spawn"), checker, candidates, jobs)
    # What takes long to load is loaded by checking an asset here, once, and not by every process.
    first = [checker.check(candidates[0])] if len(candidates) >= _MANY * jobs else []
    return first + _shared(multiprocessing.get_context("fork"), checker, candidates[len(first) :], jobs)


def _can_fork(checker: CachingChecker, candidates: Sequence[Candidate]) -> bool:
    """Whether processes can begin as copies of this one.

    Not beside threads, whose locks nobody would release in the copy; not with a connection to a bucket, which only
    one process can use; and not where the system's own libraries have threads.
    """
    if sys.platform != "linux" or checker.request.settings.bucket or any(one.kind == "bucket" for one in candidates):
        return False
    threads = Path("/proc/self/task")
    return threads.is_dir() and len(list(threads.iterdir())) == 1


def _shared(
    context: ForkContext | SpawnContext, checker: CachingChecker, candidates: Sequence[Candidate], jobs: int
) -> list[AssetReport]:
    numbers = iter(range(len(candidates)))
    reports: dict[int, AssetReport] = {}
    failures: dict[int, Exception] = {}
    with _crew(context, checker, candidates, min(jobs, len(candidates))) as workers:
        for worker in workers * _AHEAD:
            worker.give(next(numbers, None))
        while busy := {worker.pipe: worker for worker in workers if worker.given}:
            for pipe in wait(list(busy), _WAIT):
                worker = busy[pipe]  # type: ignore[index]
                number, answer = worker.answer()
                if isinstance(answer, AssetReport):
                    reports[number] = answer
                else:
                    failures[number] = answer
                if not failures:
                    worker.give(next(numbers, None))
    if failures:
        raise failures[min(failures)]
    return [reports[number] for number in range(len(candidates))]


@contextmanager
def _crew(
    context: ForkContext | SpawnContext, checker: CachingChecker, candidates: Sequence[Candidate], jobs: int
) -> Iterator[list[_Worker]]:
    workers: list[_Worker] = []
    try:
        with _interrupts_ignored():
            for _ in range(jobs):
                workers.append(_Worker(context, checker, candidates, [worker.pipe for worker in workers]))
        yield workers
    except BaseException:
        # Nobody waits for what they are at, after an interrupt least of all.
        for worker in workers:
            worker.process.terminate()
        raise
    for worker in workers:
        worker.pipe.close()
        worker.process.join()


class _Worker:
    """A process, the pipe to it, and the numbers of the assets that it was given and has not answered."""

    def __init__(
        self,
        context: ForkContext | SpawnContext,
        checker: CachingChecker,
        candidates: Sequence[Candidate],
        others: list[Connection],
    ) -> None:
        self._candidates = candidates
        self.given: deque[int] = deque()
        self.pipe, theirs = context.Pipe()
        # A copy of this process must close what it was not meant to have, or nobody would see when this one is gone.
        inherited = [*others, self.pipe] if isinstance(context, ForkContext) else []
        self.process = context.Process(target=_serve, args=(theirs, inherited, checker, candidates), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, number: int | None) -> None:
        """Send it the next asset, if there is one."""
        if number is None:
            return
        self.given.append(number)
        with suppress(OSError):  # it has died, and the answer says so
            self.pipe.send(number)

    def answer(self) -> tuple[int, AssetReport | Exception]:
        """The number of the asset it was at, and what it says of it."""
        number = self.given.popleft()
        try:
            return number, self.pipe.recv()
        except (EOFError, OSError):
            self.given.clear()
            self.process.join()
            code = self.process.exitcode or 0
            how = f"was ended by signal {-code}; is memory short?" if code < 0 else f"ended (exit code {code})"
            return number, AindLintError(
                f"internal error: the process that checked {self._candidates[number].where} {how}"
            )


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let processes that are started meanwhile ignore the interrupt: whoever started the run is told, once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if handler is None else handler)


def _serve(
    pipe: Connection, inherited: list[Connection], checker: CachingChecker, candidates: Sequence[Candidate]
) -> None:
    """What a process does: check the assets whose numbers it is sent, until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows nothing is inherited
    gc.set_threshold(100_000, 50, 100)  # what is loaded now stays
    gc.freeze()
    for other in inherited:
        other.close()
    checker.disable_progress()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_answer(checker, candidates[pipe.recv()]))


def _answer(checker: CachingChecker, candidate: Candidate) -> AssetReport | Exception:
    try:
        return checker.check(candidate)
    except (AindLintError, OSError) as error:
        return error
    except Exception as error:
        if os.environ.get("AIND_LINT_DEBUG"):
            traceback.print_exc()
        return RuntimeError(f"{type(error).__name__}: {error}")  # many cannot be sent
