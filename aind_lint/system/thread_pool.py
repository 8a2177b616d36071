"""Many things done at once, in threads that never keep a process alive: an interrupt need not wait for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from threading import Condition, Event, Lock, Thread
from typing import Any, TypeVar

from aind_lint.errors import UsageError

_T = TypeVar("_T")

#: Threads to begin with.
_FIRST = 16
#: A step that takes so many seconds is slow. When every one is, the server is distant, and each adds threads; a server
#: that answers one quickly now and then is near and busy, and more at once would only keep it from its work.
_SLOW_SECONDS = 0.01
_MORE = 3
#: Seconds for which a quick step is remembered.
_NEAR_SECONDS = 0.2


def run_in_threads(items: Iterable[_T], act: Callable[[_T], None], limit: int, stopping: Event) -> None:
    """Do ``act`` with every item, by up to ``limit`` threads; the first failure ends it and is raised.

    Args:
        items: What to do it with; taken one by one.
        act: What to do.
        limit: The most threads; 1 means this very thread.
        stopping: Set when a step has failed or the run was interrupted, so that the others can give up early.
    """
    if limit == 1:
        for item in items:
            act(item)
        return
    _Pool(iter(items), act, limit, stopping).run()


def run_in_thread(act: Callable[[], None], stopping: Event) -> None:
    """Do ``act`` in a thread of its own, so that an interrupt raises `KeyboardInterrupt` here and not within it.

    Args:
        act: What to do.
        stopping: Set when the run is interrupted, so that ``act`` can stop.
    """
    _Pool(iter([None]), lambda _: act(), 1, stopping).run()


class _Pool:
    def __init__(self, items: Iterator[Any], act: Callable[[Any], None], limit: int, stopping: Event) -> None:
        self._items = items
        self._act = act
        self._limit = limit
        self._stopping = stopping
        self._taking = Lock()
        self._changed = Condition()
        self._failure: BaseException | None = None
        self._working = 0
        self._quick = -_NEAR_SECONDS

    def run(self) -> None:
        with self._changed:
            for _ in range(min(_FIRST, self._limit)):
                self._add()
        try:
            with self._changed:
                while self._working and self._failure is None:
                    self._changed.wait(0.2)  # on Windows an endless wait hears no interrupt
        except BaseException:
            self._stopping.set()
            raise
        if self._failure is not None:
            with self._changed:
                self._changed.wait_for(lambda: not self._working, 1.0)
            raise self._failure

    def _add(self) -> None:
        try:
            Thread(target=self._steps, daemon=True).start()
        except RuntimeError:  # the system lets this program have no more of them
            if not self._working:
                raise UsageError("the system lets this program begin no thread; end other programs") from None
            self._limit = self._working
            return
        self._working += 1

    def _steps(self) -> None:
        try:
            while not self._stopping.is_set():
                with self._taking:  # which can take its time
                    item = next(self._items, self)
                if item is self:
                    return
                began = time.monotonic()
                self._act(item)
                now = time.monotonic()
                if now - began <= _SLOW_SECONDS:
                    self._quick = now
                elif now - self._quick > _NEAR_SECONDS:
                    with self._changed:
                        for _ in range(min(_MORE, self._limit - self._working)):
                            self._add()
        except BaseException as error:
            with self._changed:
                self._failure = self._failure or error
                self._stopping.set()
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()
