"""A bound on the memory that many threads share."""

from __future__ import annotations

from threading import Condition
from types import TracebackType


class ByteBudget:
    """Memory that many threads share: who enters waits until there is enough left."""

    def __init__(self, size: int) -> None:
        """``size`` is in bytes."""
        self._left = size
        self._changed = Condition()

    def of(self, size: int) -> _Share:
        """A share of so many bytes, to be held with ``with``."""
        return _Share(self, size)

    def take(self, size: int) -> None:
        """Wait for so many bytes."""
        with self._changed:
            self._changed.wait_for(lambda: self._left >= size)
            self._left -= size

    def give(self, size: int) -> None:
        """Return them."""
        with self._changed:
            self._left += size
            self._changed.notify_all()


class _Share:
    def __init__(self, room: ByteBudget, size: int) -> None:
        self._room = room
        self._size = size

    def __enter__(self) -> None:
        self._room.take(self._size)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.give(self._size)
