"""Waiting for worker processes that answer through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import ceil
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeVar

#: Seconds of one wait: on Windows an unlimited wait blocks KeyboardInterrupt.
_POLL_SECONDS = 0.5

#: Pipes and processes of one wait: Windows allows 63, and Python before 3.13 does not divide them itself.
_MAX_SOURCES = 60 if sys.platform == "win32" else 1000


class Worker(Protocol):
    """A worker process.

    Attributes:
        pipe: Ready when there is an answer.
        sentinel: Ready when the process has ended. On Windows the pipe of a process that ends early may never be.
    """

    pipe: Connection[Any, Any]
    sentinel: int


_Worker = TypeVar("_Worker", bound=Worker)


def wait_for_workers(workers: Iterable[_Worker]) -> list[_Worker]:
    """The workers that have an answer or have ended; none if half a second has passed without one."""
    sources: dict[Any, _Worker] = {source: worker for worker in workers for source in (worker.pipe, worker.sentinel)}
    waiting = list(sources)
    seconds = _POLL_SECONDS / max(1, ceil(len(waiting) / _MAX_SOURCES))
    ready = list[Any]()
    for start in range(0, len(waiting), _MAX_SOURCES):
        ready += wait(waiting[start : start + _MAX_SOURCES], 0 if ready else seconds)
    return list(dict.fromkeys(sources[source] for source in ready))
