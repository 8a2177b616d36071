"""Wall time of the phases of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Measures one phase at a time: the time of a nested phase does not count for the outer one."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._stack: list[str] = []
        self._counted_until = time.monotonic()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time spent inside the context for the phase ``name``."""
        self._count()
        self._stack.append(name)
        try:
            yield
        finally:
            self._count()
            self._stack.pop()

    def seconds(self) -> dict[str, float]:
        """Seconds by phase, to the millisecond."""
        return {name: round(seconds, 3) for name, seconds in self._seconds.items()}

    def _count(self) -> None:
        now = time.monotonic()
        if self._stack:
            name = self._stack[-1]
            self._seconds[name] = self._seconds.get(name, 0.0) + now - self._counted_until
        self._counted_until = now
