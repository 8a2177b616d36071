"""Checking assets in several worker processes.

A worker receives the indexes of assets, one in advance so that it need not wait, and returns the reports in the same
order. So the first pending index is the asset that a worker checks, which is named if the worker dies.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.app.checking.caching_checker import CachingChecker
from aind_lint.app.checking.check_targets import CheckTarget
from aind_lint.errors import AindLintError, NoAssetError
from aind_lint.finding import AssetReport
from aind_lint.system.worker_wait import wait_for_workers

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext  # Windows has no ForkContext

#: Assets that a worker has received and not reported.
_MAX_PENDING = 2
#: Assets per worker from which on one asset is checked before the workers are forked.
_MIN_TARGETS_PER_JOB = 20


def check_parallel(
    checker: CachingChecker, targets: Sequence[CheckTarget], jobs: int, on_checked: Callable[[int], None]
) -> list[AssetReport | NoAssetError]:
    """The reports of all targets, in the order of the targets; an error for each that is no asset.

    Args:
        checker: Checks one asset.
        targets: The assets.
        jobs: How many processes.
        on_checked: Called with the number of assets that are done.

    Raises:
        AindLintError: The check of an asset failed, or a worker died; of several errors, that of the first asset.
    """
    if not _can_fork(checker, targets):
        return _distribute(multiprocessing.get_context("spawn"), checker, targets, jobs, on_checked)
    # Checking one asset here loads the models once, and not in every worker.
    first: list[AssetReport | NoAssetError] = []
    if len(targets) >= _MIN_TARGETS_PER_JOB * jobs:
        try:
            first.append(checker.check(targets[0]))
        except NoAssetError as error:
            first.append(error)
    remaining = targets[len(first) :]
    context = multiprocessing.get_context("fork")
    return first + _distribute(context, checker, remaining, jobs, lambda done: on_checked(len(first) + done))


def _can_fork(checker: CachingChecker, targets: Sequence[CheckTarget]) -> bool:
    """Whether workers can be forked.

    Not if this process has threads, whose locks would stay locked in the copy; not with a connection to a bucket, which
    processes cannot share; and not on systems whose own libraries use threads.
    """
    if sys.platform != "linux" or checker.parameters.settings.bucket or any(one.is_stored for one in targets):
        return False
    threads = Path("/proc/self/task")
    return threads.is_dir() and len(list(threads.iterdir())) == 1


def _distribute(
    context: ForkContext | SpawnContext,
    checker: CachingChecker,
    targets: Sequence[CheckTarget],
    jobs: int,
    on_checked: Callable[[int], None],
) -> list[AssetReport | NoAssetError]:
    numbers = iter(range(len(targets)))
    reports: dict[int, AssetReport | NoAssetError] = {}
    failures: dict[int, Exception] = {}
    with _worker_pool(context, checker, targets, min(jobs, len(targets))) as workers:
        for worker in workers * _MAX_PENDING:
            worker.submit(next(numbers, None))
        while busy := [worker for worker in workers if worker.pending]:
            for worker in wait_for_workers(busy):
                number, result = worker.receive()
                if isinstance(result, AssetReport | NoAssetError):
                    reports[number] = result
                else:
                    failures[number] = result
                on_checked(len(reports) + len(failures))
                if not failures:
                    worker.submit(next(numbers, None))
    if failures:
        raise failures[min(failures)]
    return [reports[number] for number in range(len(targets))]


@contextmanager
def _worker_pool(
    context: ForkContext | SpawnContext, checker: CachingChecker, targets: Sequence[CheckTarget], jobs: int
) -> Iterator[list[_Worker]]:
    workers: list[_Worker] = []
    try:
        with _ignore_interrupts():
            for _ in range(jobs):
                workers.append(_Worker(context, checker, targets, [worker.pipe for worker in workers]))
        yield workers
    except BaseException:
        # Their results are no longer needed.
        for worker in workers:
            worker.process.terminate()
        raise
    for worker in workers:
        worker.pipe.close()
        worker.process.join()


class _Worker:
    """A worker process, the pipe to it, and the indexes of assets that it has received and not reported."""

    def __init__(
        self,
        context: ForkContext | SpawnContext,
        checker: CachingChecker,
        targets: Sequence[CheckTarget],
        others: list[Connection],
    ) -> None:
        self._targets = targets
        self.pending: deque[int] = deque()
        self.pipe, child_pipe = context.Pipe()
        # A forked worker must close the pipes of the others: otherwise they do not notice the end of this process.
        inherited = [*others, self.pipe] if context.get_start_method() == "fork" else []
        self.process = context.Process(target=_run_worker, args=(child_pipe, inherited, checker, targets), daemon=True)
        self.process.start()
        self.sentinel = self.process.sentinel
        child_pipe.close()

    def submit(self, number: int | None) -> None:
        """Send the index of the next asset, if there is one."""
        if number is None:
            return
        self.pending.append(number)
        with suppress(OSError):  # the worker has died, which `receive` reports
            self.pipe.send(number)

    def receive(self) -> tuple[int, AssetReport | Exception]:
        """The index of the first pending asset, and its report or error."""
        number = self.pending.popleft()
        try:
            if not self.pipe.poll():
                raise EOFError  # only the sentinel is ready
            return number, self.pipe.recv()
        except (EOFError, OSError):
            self.pending.clear()
            self.process.join()
            code = self.process.exitcode or 0
            how = f"was killed by signal {-code}, maybe for lack of memory" if code < 0 else f"ended (exit code {code})"
            return number, AindLintError(
                f"internal error: the process that checked {self._targets[number].where} {how}"
            )


@contextmanager
def _ignore_interrupts() -> Iterator[None]:
    """Let processes that are started inside ignore interrupts, so that only this process reports them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if handler is None else handler)


def _run_worker(
    pipe: Connection, inherited: list[Connection], checker: CachingChecker, targets: Sequence[CheckTarget]
) -> None:
    """Check the assets whose indexes arrive, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows the setting is not inherited
    gc.set_threshold(100_000, 50, 100)  # the modules loaded so far are never freed
    gc.freeze()
    for other in inherited:
        other.close()
    checker.disable_progress()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_check_target(checker, targets[pipe.recv()]))


def _check_target(checker: CachingChecker, target: CheckTarget) -> AssetReport | Exception:
    try:
        return checker.check(target)
    except (AindLintError, OSError) as error:
        return error
    except Exception as error:
        if os.environ.get("AIND_LINT_DEBUG"):
            traceback.print_exc()
        return RuntimeError(f"{type(error).__name__}: {error}")  # not every exception can be pickled
