"""Units of work in this process, or in worker processes on this machine."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

from aind_lint.app.auditing.judges.unit_queue import UnitResult
from aind_lint.system.worker_wait import wait_for_workers


def run_here(parameters: str, units: Iterator[tuple[int, str]]) -> Iterator[UnitResult]:
    """Judge units one after the other in this process."""
    from aind_lint.app.auditing.judges.worker import judge_unit

    for number, unit in units:
        yield UnitResult(number, judge_unit(parameters, unit))


def run_in_processes(parameters: str, units: Iterator[tuple[int, str]], jobs: int) -> Iterator[UnitResult]:
    """Judge units in worker processes; closing the iterator ends them.

    Args:
        parameters: `JudgeParameters` as JSON.
        units: Numbers and tasks as JSON; taken one by one, when a worker is free. A unit whose worker has died can be
            in it again, after its result was taken.
        jobs: The number of workers.
    """
    workers: list[_Worker] = []
    try:
        while True:
            for _ in range(jobs - len(workers)):
                if (unit := next(units, None)) is None:
                    break
                workers.append(_Worker(parameters))
                workers[-1].submit(*unit)
            if not any(worker.number is not None for worker in workers):
                return
            for worker in wait_for_workers(worker for worker in workers if worker.number is not None):
                number, worker.number = worker.number, None
                assert number is not None
                if (answer := worker.receive()) is None:
                    workers.remove(worker)
                    worker.end()
                    yield UnitResult(number, None, "the worker process died")
                    continue
                yield UnitResult(number, answer)
                if (unit := next(units, None)) is not None:
                    worker.submit(*unit)
            for worker in workers:  # idle until the unit of another one came back
                if worker.number is None and (unit := next(units, None)) is not None:
                    worker.submit(*unit)
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A worker process, and the number of the unit that it judges.

    Attributes:
        number: The unit; None if it has none.
        pipe: Ready when there is an answer.
        sentinel: Ready when the process has ended.
    """

    def __init__(self, parameters: str) -> None:
        # A forked process would share the connections of libcurl, boto3 and DuckDB with this one.
        context = multiprocessing.get_context("spawn")
        self.number: int | None = None
        self.pipe, child_pipe = context.Pipe()
        self._process = context.Process(target=_serve, args=(child_pipe, parameters), daemon=True)
        self._process.start()
        self.sentinel = self._process.sentinel
        child_pipe.close()

    def submit(self, number: int, unit: str) -> None:
        """Send a unit."""
        self.number = number
        with suppress(OSError):  # the worker has died, which `receive` reports
            self.pipe.send_bytes(unit.encode())

    def receive(self) -> str | None:
        """The answer; None if the process died."""
        try:
            return self.pipe.recv_bytes().decode() if self.pipe.poll() else None
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """End the process."""
        self.pipe.close()
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection, parameters: str) -> None:
    """Judge the units that arrive, until the pipe is closed."""
    from aind_lint.app.auditing.judges.worker import judge_unit

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(judge_unit(parameters, pipe.recv_bytes().decode()).encode())
