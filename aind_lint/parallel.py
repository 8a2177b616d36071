"""Several processes that check assets at the same time."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from aind_lint.checking import Checker, Request
from aind_lint.errors import AindLintError
from aind_lint.finding import AssetReport
from aind_lint.loading import Candidate

#: Assets that a process is given at a time: few, so that all end together and an interrupt is not waited for long.
_AT_A_TIME = 4

_checker: Checker


def check_parallel(request: Request, candidates: list[Candidate], jobs: int) -> Iterator[AssetReport]:
    """A report for every candidate, in their order.

    Raises:
        AindLintError: What an asset's check raises, or that a process ended before its work.
    """
    context = multiprocessing.get_context("spawn")  # the same on every system, and safe beside threads
    workers = min(jobs, len(candidates))
    with ProcessPoolExecutor(workers, context, _start, (request,)) as pool:
        try:
            yield from pool.map(_check, candidates, chunksize=min(_AT_A_TIME, -(-len(candidates) // workers)))
        except BrokenProcessPool:
            raise AindLintError("a process that checked assets was ended from outside; was memory short?") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _start(request: Request) -> None:
    global _checker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the run is told, once
    _checker = Checker(request)


def _check(candidate: Candidate) -> AssetReport:
    return _checker.check(candidate)
