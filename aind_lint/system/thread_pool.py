"""Concurrent work in daemon threads: an interrupt need not wait for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from threading import Condition, Event, Lock, Thread
from typing import Any, Generic, TypeVar

from aind_lint.errors import UsageError
from aind_lint.system.concurrency_limits import FAR_SECONDS, FIRST_THREADS

_T = TypeVar("_T")

#: Threads that are added after a slow item, while no item was quick for so many seconds: then the server is far. A
#: server that answers one request quickly now and then is near and busy, and more requests would only slow it down.
_MORE_THREADS = 3
_QUICK_ITEM_SECONDS = 0.2

#: Seconds of one wait; on Windows a wait without a limit blocks KeyboardInterrupt.
_WAIT_SECONDS = 0.2

#: Seconds for which threads may finish after a failure.
_FINISH_SECONDS = 1.0


def run_in_threads(items: Iterable[_T], act: Callable[[_T], None], limit: int, stopping: Event) -> None:
    """Call ``act`` with every item, in up to ``limit`` threads; the first failure ends all and is raised.

    Args:
        items: The items; taken one by one.
        act: What to do with an item.
        limit: The most threads; 1 means the calling thread.
        stopping: Set after a failure or an interrupt, so that the other threads can stop early.

    Raises:
        UsageError: The system does not allow a single thread.
        BaseException: What ``items`` or ``act`` raise.
    """
    if limit == 1:
        for item in items:
            act(item)
        return
    _ThreadPool(iter(items), act, limit, stopping).run()


def run_in_thread(act: Callable[[], None], stopping: Event) -> None:
    """Call ``act`` in a thread of its own, so that an interrupt raises KeyboardInterrupt here and not within ``act``.

    Args:
        act: What to do.
        stopping: Set after an interrupt, so that ``act`` can stop.
    """
    _ThreadPool(iter([None]), lambda _: act(), 1, stopping).run()


class BackgroundCall(Generic[_T]):
    """A call in a thread of its own, whose result is asked for later."""

    def __init__(self, call: Callable[[], _T]) -> None:
        """Begin the call."""
        self._call = call
        self._results: list[_T] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the system's limit of threads is reached
            self._run()

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:
            self._error = error

    def result(self) -> _T:
        """Wait for the result.

        Raises:
            BaseException: What the call raised.
        """
        while self._thread.is_alive():
            self._thread.join(_WAIT_SECONDS)
        if self._error is not None:
            raise self._error
        return self._results[0]


class _ThreadPool:
    def __init__(self, items: Iterator[Any], act: Callable[[Any], None], limit: int, stopping: Event) -> None:
        self._items = items
        self._act = act
        self._limit = limit
        self._stopping = stopping
        self._taking = Lock()
        self._changed = Condition()
        self._failure: BaseException | None = None
        self._threads = 0
        self._last_quick_item = -_QUICK_ITEM_SECONDS

    def run(self) -> None:
        with self._changed:
            for _ in range(min(FIRST_THREADS, self._limit)):
                self._add_thread()
        try:
            with self._changed:
                while self._threads and self._failure is None:
                    self._changed.wait(_WAIT_SECONDS)
        except BaseException:
            self._stopping.set()
            raise
        if self._failure is not None:
            with self._changed:
                self._changed.wait_for(lambda: not self._threads, _FINISH_SECONDS)
            raise self._failure

    def _add_thread(self) -> None:
        try:
            Thread(target=self._work, daemon=True).start()
        except RuntimeError:  # the system's limit of threads is reached
            if not self._threads:
                raise UsageError(
                    "the system does not allow this program to start a thread; end other programs"
                ) from None
            self._limit = self._threads
            return
        self._threads += 1

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                with self._taking:  # which may take a while
                    item = next(self._items, self)
                if item is self:
                    return
                began = time.monotonic()
                self._act(item)
                self._adapt(began)
        except BaseException as error:
            with self._changed:
                self._failure = self._failure or error
                self._stopping.set()
        finally:
            with self._changed:
                self._threads -= 1
                self._changed.notify_all()

    def _adapt(self, began: float) -> None:
        """Add threads if every item is slow."""
        now = time.monotonic()
        if now - began <= FAR_SECONDS:
            self._last_quick_item = now
        elif now - self._last_quick_item > _QUICK_ITEM_SECONDS:
            with self._changed:
                for _ in range(min(_MORE_THREADS, self._limit - self._threads)):
                    self._add_thread()
