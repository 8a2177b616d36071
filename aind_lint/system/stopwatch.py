"""How long the phases of a run take, each without those that run inside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


class Stopwatch:
    """Measures one phase at a time; a phase inside another one stops that one's clock."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._running: list[str | None] = []
        self._since = time.monotonic()

    @contextmanager
    def running(self, phase: str | None) -> Iterator[None]:
        """Count the time of what is done inside for a phase; for none when it is None."""
        self._settle()
        self._running.append(phase)
        try:
            yield
        finally:
            self._settle()
            self._running.pop()

    def stopped(self) -> AbstractContextManager[None]:
        """Count the time of what is done inside for no phase: a person is being waited for."""
        return self.running(None)

    def seconds(self) -> dict[str, float]:
        """Seconds by phase, to the millisecond."""
        return {phase: round(seconds, 3) for phase, seconds in self._seconds.items()}

    def _settle(self) -> None:
        now = time.monotonic()
        if self._running and (phase := self._running[-1]) is not None:
            self._seconds[phase] = self._seconds.get(phase, 0.0) + now - self._since
        self._since = now
