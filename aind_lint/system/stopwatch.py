"""Wall time of the phases of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


class Stopwatch:
    """Measures one phase at a time: the time of a nested phase does not count for the outer one."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._stack: list[str | None] = []
        self._counted_until = time.monotonic()

    @contextmanager
    def phase(self, name: str | None) -> Iterator[None]:
        """Count the time spent inside the context for the phase ``name``, or for no phase."""
        self._count()
        self._stack.append(name)
        try:
            yield
        finally:
            self._count()
            self._stack.pop()

    def paused(self) -> AbstractContextManager[None]:
        """Count the time spent inside the context for no phase, as when a user is asked."""
        return self.phase(None)

    def seconds(self) -> dict[str, float]:
        """Seconds by phase, to the millisecond."""
        return {name: round(seconds, 3) for name, seconds in self._seconds.items()}

    def _count(self) -> None:
        now = time.monotonic()
        if self._stack and (name := self._stack[-1]) is not None:
            self._seconds[name] = self._seconds.get(name, 0.0) + now - self._counted_until
        self._counted_until = now
