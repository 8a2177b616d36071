"""Progress of long work: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

#: Seconds before the first line: shorter work shows no progress.
_DELAY = 0.5
#: Seconds between two updates of the line.
_INTERVAL = 0.2


class ProgressLine:
    """A line on standard error that is rewritten during the work and removed at its end."""

    def __init__(self, silent: bool = False) -> None:
        self._active = sys.stderr.isatty() and not silent
        self._started = time.monotonic()
        self._updated = 0.0
        self._width = 0
        self._prefix = ""

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        self.clear()

    def reporter(self, text: Callable[[int], str]) -> Callable[[int], None]:
        """A progress callback for one stage of the work; ``text`` makes the line from its number."""

        def report(done: int) -> None:
            if self.is_due():
                self.write(self._prefix + text(done))

        return report

    def count_assets(self, done: int, total: int) -> None:
        """Begin the line with the number of assets that are done, if there are several."""
        self._prefix = f"{done:,} of {total:,} assets; " if total > 1 else ""
        if self._prefix and self.is_due():
            self.write(f"{self._prefix}checking")

    @property
    def visible(self) -> bool:
        """Whether the line is on the screen."""
        return self._width > 0

    def is_due(self) -> bool:
        """Whether it is time for an update."""
        now = time.monotonic()
        return self._active and now - self._started > _DELAY and now - self._updated > _INTERVAL

    def clear(self) -> None:
        """Remove the line, so that something else can be printed."""
        if self._width:
            self.write("")
            click.echo("\r", nl=False, err=True)
            self._width = 0

    def write(self, line: str) -> None:
        """Replace the line."""
        import shutil

        self._updated = time.monotonic()
        line = line[: shutil.get_terminal_size().columns - 1]
        click.echo("\r" + line.ljust(self._width), nl=False, err=True)
        self._width = len(line)
