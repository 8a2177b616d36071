"""A bound on the memory that many threads share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class ByteBudget:
    """A number of bytes that threads may hold together."""

    def __init__(self, size: int) -> None:
        """``size`` is in bytes."""
        self._available = size
        self._changed = Condition()

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Hold ``size`` bytes during a ``with`` block; waits until they are available."""
        self.acquire(size)
        try:
            yield
        finally:
            self.release(size)

    def acquire(self, size: int) -> None:
        """Wait for ``size`` bytes."""
        with self._changed:
            self._changed.wait_for(lambda: self._available >= size)
            self._available -= size

    def release(self, size: int) -> None:
        """Return ``size`` bytes."""
        with self._changed:
            self._available += size
            self._changed.notify_all()
