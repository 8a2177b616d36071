"""Processes that read and send small files, because one process of Python keeps one core busy at most.

They are given orders in lines of JSON and answer likewise. No result depends on them: what a process could not do, or
was doing when it died, is done by this one, as if its reply had been lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Event, Lock
from types import TracebackType
from typing import Any, TypeVar

from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.listing import Listing
from aind_lint.system.thread_pool import run_in_threads

_T = TypeVar("_T")

#: Files of so many bytes are small.
SMALL = 1 << 18

#: With so many small files processes are worth their start.
ENOUGH = 500

#: Files of an order at most.
BATCH = 64

#: The most requests of all hands together at once, unless a person says how many.
JOBS = 704

_HANDS = 2
#: Orders that a process has been given and not answered.
_AHEAD = 6

#: Seconds for which the end of a process is waited for.
_LAST_SECONDS = 1.0

#: Not a file of the working folder, which may be the asset, is loaded: only what this process could load itself.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from aind_lint.publication.upload.worker import serve; serve()"
)


class WorkerPool:
    """Two processes that work for one publication; to be left with ``with``, which ends them."""

    def __init__(self, root: Path, jobs: int) -> None:
        """Begin processes that read files below ``root`` and make ``jobs`` requests at once, all together.

        Raises:
            OSError: None can be started.
        """
        self._hands: list[_Hand] = []
        try:
            for _ in range(_HANDS):
                self._hands.append(_Hand(root, jobs // _HANDS))
        except BaseException:  # an interrupt too
            self.dismiss()
            raise

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss()

    def dismiss(self) -> None:
        """End them, whatever they are at."""
        for hand in self._hands:
            hand.kill()
        for hand in self._hands:
            hand.bury()

    def work(
        self,
        orders: Iterator[_T],
        put: Callable[[_T], dict[str, Any]],
        heard: Callable[[_T, list[Any]], None],
        stopping: Event,
    ) -> None:
        """Have all orders obeyed.

        Args:
            orders: What to do; taken one by one, when there is somebody to do it.
            put: Puts an order into words.
            heard: Told what was done of each file of an order. It is not called for orders whose process died.
            stopping: Set when no more orders are to be given.

        Raises:
            Exception: What ``orders``, ``put`` or ``heard`` raise.
        """
        taking = Lock()

        def take() -> _T | None:
            with taking:
                return None if stopping.is_set() else next(orders, None)

        run_in_threads(self._hands, lambda hand: hand.work(take, put, heard), len(self._hands), stopping)


class _Hand:
    """A process and what it was told."""

    def __init__(self, root: Path, jobs: int) -> None:
        # Errors are no news: whatever is not done here is done elsewhere.
        self._process = subprocess.Popen(  # noqa: S603 - nothing of it comes from outside
            [sys.executable, "-I", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._alive = True
        self._number = 0
        self._tell([path for path in sys.path if Path(path).is_absolute()])
        self._tell({"root": str(root), "jobs": jobs})

    def work(
        self, take: Callable[[], _T | None], put: Callable[[_T], dict[str, Any]], heard: Callable[[_T, list[Any]], None]
    ) -> None:
        given: dict[int, _T] = {}
        while self._alive:
            while len(given) < _AHEAD and (order := take()) is not None:
                self._number += 1
                given[self._number] = order
                self._tell({**put(order), "number": self._number})
            if not given:
                return
            number, done = self._hear()
            if number in given:
                heard(given.pop(number), done)

    def _tell(self, message: Any) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):  # it has died, or was dismissed
            self._alive = False

    def _hear(self) -> tuple[int, list[Any]]:
        assert self._process.stdout is not None
        try:
            answer = json.loads(self._process.stdout.readline())
            return answer["number"], answer["done"]
        except (OSError, ValueError, TypeError, KeyError):  # likewise, or it is no such process at all
            self._alive = False
            return 0, []

    def kill(self) -> None:
        self._process.kill()

    def bury(self) -> None:
        try:
            self._process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:  # it waits for a disk, and so would whoever closes its pipes
            return
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):  # what it did not read
                stream.close()


def _has_python() -> bool:
    """Whether Python can be started here: in a frozen program its own file has taken the place of Python's."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def start_pool(listing: Listing, jobs: int) -> WorkerPool | None:
    """A crew for the files of an asset; None where there is little for one to do, or no way to have one."""
    if listing.root is None or jobs < _HANDS or _cores() < _HANDS or not _has_python():
        return None
    small = (key for key, size, _ in file_rows(listing.files) if size <= SMALL)
    if sum(1 for _ in islice(small, ENOUGH)) < ENOUGH:
        return None
    try:
        return WorkerPool(listing.root, jobs)
    except OSError:
        return None
