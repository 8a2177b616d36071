"""Units of work in this process, or in worker processes on this machine."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

#: How often a unit is tried whose worker dies.
MAX_TRIES = 3

#: Seconds of one wait for the workers: on Windows an unlimited wait blocks KeyboardInterrupt.
_POLL_SECONDS = 0.5


class UnitResult(NamedTuple):
    """What became of a unit.

    Attributes:
        number: Its number.
        answer: The JSON that `judge_unit` returned; None if its workers died.
        reason: Why there is no answer.
    """

    number: int
    answer: str | None
    reason: str = ""


def run_here(parameters: str, units: Iterator[tuple[int, str]]) -> Iterator[UnitResult]:
    """Judge units one after the other in this process."""
    from aind_lint.app.auditing.worker import judge_unit

    for number, unit in units:
        yield UnitResult(number, judge_unit(parameters, unit))


def run_in_processes(parameters: str, units: Iterator[tuple[int, str]], jobs: int) -> Iterator[UnitResult]:
    """Judge units in worker processes; closing the iterator ends them.

    A unit whose worker dies is tried again, at most `MAX_TRIES` times in all.

    Args:
        parameters: `JudgeParameters` as JSON.
        units: Numbers and tasks as JSON; taken one by one, when a worker is free.
        jobs: The number of workers.
    """
    again: deque[_Unit] = deque()
    workers: list[_Worker] = []

    def next_unit() -> _Unit | None:
        if again:
            return again.popleft()
        found = next(units, None)
        return None if found is None else _Unit(*found)

    try:
        while True:
            for _ in range(jobs - len(workers)):
                if (unit := next_unit()) is None:
                    break
                workers.append(_Worker(parameters))
                workers[-1].submit(unit)
            if not any(worker.unit for worker in workers):
                return
            pipes = {worker.pipe: worker for worker in workers if worker.unit}
            for pipe in wait(list(pipes), _POLL_SECONDS):
                worker = pipes[pipe]  # type: ignore[index]
                unit, worker.unit = worker.unit, None
                assert unit is not None
                if (answer := worker.receive()) is not None:
                    yield UnitResult(unit.number, answer)
                    if (following := next_unit()) is not None:
                        worker.submit(following)
                    continue
                workers.remove(worker)
                worker.end()
                if unit.tries < MAX_TRIES:
                    again.append(unit)
                else:
                    yield UnitResult(unit.number, None, f"the worker process died {MAX_TRIES} times")
    finally:
        for worker in workers:
            worker.end()


class _Unit:
    """A unit of work, and how often it was begun."""

    def __init__(self, number: int, content: str) -> None:
        self.number = number
        self.content = content
        self.tries = 0


class _Worker:
    """A worker process, and the unit that it judges."""

    def __init__(self, parameters: str) -> None:
        # A forked process would share the connections of libcurl, boto3 and DuckDB with this one.
        context = multiprocessing.get_context("spawn")
        self.unit: _Unit | None = None
        self.pipe, child_pipe = context.Pipe()
        self._process = context.Process(target=_serve, args=(child_pipe, parameters), daemon=True)
        self._process.start()
        child_pipe.close()

    def submit(self, unit: _Unit) -> None:
        """Send a unit."""
        unit.tries += 1
        self.unit = unit
        with suppress(OSError):  # the worker has died, which `receive` reports
            self.pipe.send_bytes(unit.content.encode())

    def receive(self) -> str | None:
        """The answer; None if the process died."""
        try:
            return self.pipe.recv_bytes().decode()
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """End the process."""
        self.pipe.close()
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection, parameters: str) -> None:
    """Judge the units that arrive, until the pipe is closed."""
    from aind_lint.app.auditing.worker import judge_unit

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(judge_unit(parameters, pipe.recv_bytes().decode()).encode())
