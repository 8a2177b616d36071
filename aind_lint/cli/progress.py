"""Progress of long work: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

#: Work shorter than this shows no progress, in seconds.
_PATIENCE = 0.5
_INTERVAL = 0.2


class Progress:
    """A line on standard error that is rewritten while work goes on and gone when it is done or has failed."""

    def __init__(self) -> None:
        self._active = sys.stderr.isatty()
        self._started = time.monotonic()
        self._shown = 0.0
        self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self.clear()

    def reporter(self, text: Callable[[int], str]) -> Callable[[int], None]:
        """A callback for one stage of the work, which turns its number into the line."""

        def report(done: int) -> None:
            now = time.monotonic()
            if self._active and now - self._started > _PATIENCE and now - self._shown > _INTERVAL:
                self._shown = now
                self._write(text(done))

        return report

    def clear(self) -> None:
        """Remove the line, before something else is printed."""
        if self._width:
            self._write("")
            click.echo("\r", nl=False, err=True)
            self._width = 0

    def _write(self, line: str) -> None:
        import shutil

        line = line[: shutil.get_terminal_size().columns - 1]
        click.echo("\r" + line.ljust(self._width), nl=False, err=True)
        self._width = len(line)
