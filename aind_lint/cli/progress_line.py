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

    def __init__(self, silent: bool = False) -> None:
        self._active = sys.stderr.isatty() and not silent
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
            if self.is_due():
                self.write(text(done))

        return report

    @property
    def shown(self) -> bool:
        """Whether the line is on the screen."""
        return self._width > 0

    def is_due(self) -> bool:
        """Whether the line should be written anew: not at once, and not too often."""
        now = time.monotonic()
        return self._active and now - self._started > _PATIENCE and now - self._shown > _INTERVAL

    def clear(self) -> None:
        """Remove the line, before something else is printed."""
        if self._width:
            self.write("")
            click.echo("\r", nl=False, err=True)
            self._width = 0

    def write(self, line: str) -> None:
        """Show ``line`` in place of the one before."""
        import shutil

        self._shown = time.monotonic()
        line = line[: shutil.get_terminal_size().columns - 1]
        click.echo("\r" + line.ljust(self._width), nl=False, err=True)
        self._width = len(line)
