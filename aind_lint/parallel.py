"""Several processes that check assets at the same time."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from aind_lint.checking import Checker, Request
from aind_lint.errors import AindLintError
from aind_lint.finding import AssetReport
from aind_lint.loading import Candidate

#: Assets that a process is given at a time: few, so that all end together.
_AT_A_TIME = 4

_checker: Checker


def check_parallel(request: Request, candidates: list[Candidate], jobs: int) -> Iterator[AssetReport]:
    """A report for every candidate, in their order.

    Raises:
        AindLintError: What an asset's check raises, or that a process ended before its work.
    """
    context = multiprocessing.get_context("spawn")  # the same on every system, and safe beside threads
    workers = min(jobs, len(candidates))
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, context, _start, (request,))
    try:
        with _interrupts_ignored():
            reports = pool.map(_check, candidates, chunksize=min(_AT_A_TIME, -(-len(candidates) // workers)))
        yield from reports
    except BrokenProcessPool:
        raise AindLintError("a process that checked assets was ended from outside; was memory short?") from None
    except BaseException:
        # Nobody waits for what they are at, after an interrupt least of all.
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


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


def _start(request: Request) -> None:
    global _checker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows nothing is inherited
    gc.set_threshold(100_000, 50, 100)  # what is loaded now stays
    _checker = Checker(request)


def _check(candidate: Candidate) -> AssetReport:
    return _checker.check(candidate)
