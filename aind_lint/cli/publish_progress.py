"""Progress of a publication on standard error: a line for people, or JSON lines for programs."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol

import click

from aind_lint.cli.progress_line import ProgressLine
from aind_lint.cli.terminal import INTERRUPTED, interruption_code, show, show_error
from aind_lint.publication.progress import Progress
from aind_lint.text.quantities import format_bytes
from aind_lint.text.sanitize import sanitize
from aind_lint.text.separators import portable_path

#: Seconds over which a transfer rate is averaged: long enough to be steady, short enough to follow a change.
_RATE_WINDOW = 20.0

#: Seconds between two JSON lines of one stage.
_INTERVAL = 1.0

#: Characters of the bar, in ASCII so that every console shows it.
_BAR_WIDTH = 20

#: The values of ``--progress``.
ProgressFormat = Literal["bar", "jsonl", "none"]


@dataclass(frozen=True)
class PublishOutcome:
    """How the publication of one asset ended.

    Attributes:
        state: The result.
        exit_code: The exit code for this asset.
        reason: Why the asset was not published, in a few words.
        error: The full error message, if it has not been printed yet.
        receipt: Path of the receipt.
    """

    state: Literal["published", "already published", "planned", "refused", "declined", "failed"]
    exit_code: int = 0
    reason: str | None = None
    error: str | None = None
    receipt: Path | None = None


class ProgressDisplay(Protocol):
    """Shows the progress and the outcome of the publication of one asset."""

    def __enter__(self) -> ProgressDisplay:
        """Start."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the screen, or report an interruption."""

    def update(self, progress: Progress) -> None:
        """Show the current progress."""

    def show_message(self, text: str) -> None:
        """Show a message, such as a wait or a retry."""

    def clear(self) -> None:
        """Remove the progress line, so that something else can be printed."""

    def finish(self, outcome: PublishOutcome) -> None:
        """Show the outcome."""


def progress_display(format_: ProgressFormat, asset: str, number: int, assets: int) -> ProgressDisplay:
    """The display for a value of ``--progress``, for the asset with a number, from 1, of several."""
    if format_ == "jsonl":
        return JsonProgress(asset)
    return TerminalProgress(f"asset {number} of {assets}; " if assets > 1 else "", silent=format_ == "none")


class TransferRate:
    """The transfer rate over the last seconds."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []

    def add(self, size: int) -> float | None:
        """Add the number of bytes done so far; returns bytes per second, or None while it cannot be known."""
        now = time.monotonic()
        self._samples.append((now, size))
        while self._samples[1:] and now - self._samples[1][0] > _RATE_WINDOW:
            self._samples.pop(0)
        first_time, first_size = self._samples[0]
        return (size - first_size) / (now - first_time) if now - first_time > 1 and size > first_size else None


class TerminalProgress:
    """A line on the terminal that is rewritten; messages get lines of their own."""

    def __init__(self, prefix: str, silent: bool) -> None:
        self._prefix = prefix
        self._line = ProgressLine(silent)
        self._stage = ""
        self._rate = TransferRate()
        self._shown: set[str] = set()

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def update(self, progress: Progress) -> None:
        """Rewrite the line."""
        if self._line.is_due():
            self._line.write(self._prefix + self._text(progress))

    def _text(self, progress: Progress) -> str:
        if progress.stage != self._stage:
            self._stage, self._rate = progress.stage, TransferRate()
        files = f"{progress.files:,}"
        if progress.all_files is not None:
            files += f" of {progress.all_files:,}"
        if progress.stage == "listing":
            return f"listing: {files} files"
        if progress.stage == "verifying":
            return "verifying the stored objects"
        bar = ""
        parts = [f"{files} files", format_bytes(progress.size)]
        if progress.all_size is not None:
            parts[-1] += f" of {format_bytes(progress.all_size)}"
            bar = bar_text(progress.size / progress.all_size if progress.all_size else 1)
        if rate := self._rate.add(progress.size):
            parts.append(f"{format_bytes(int(rate))}/s")
            if progress.all_size is not None:
                parts.append(f"{duration_text((progress.all_size - progress.size) / rate)} left")
        return f"{progress.stage}: {bar}{', '.join(parts)}"

    def show_message(self, text: str) -> None:
        """Print the message; while the progress line is visible, the same message is printed once."""
        key = text.partition("; retrying")[0]
        if key in self._shown and self._line.visible:
            return
        self._shown.add(key)
        self.clear()
        show(sanitize(text), err=True)

    def clear(self) -> None:
        """Remove the line."""
        self._line.clear()

    def finish(self, outcome: PublishOutcome) -> None:
        """Print the error, or the path of the receipt; the command prints the rest on standard output."""
        self.clear()
        if outcome.error is not None:
            show_error(outcome.error)
        if outcome.receipt is not None:
            show(f"Receipt: {outcome.receipt}", err=True)


class JsonProgress:
    """JSON lines on standard error, at most one per second for each stage."""

    def __init__(self, asset: str) -> None:
        self._asset = asset
        self._stage = ""
        self._rate = TransferRate()
        self._printed = 0.0

    def __enter__(self) -> JsonProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Print the end event of an interruption; nothing needs to be cleared."""
        if isinstance(error, (KeyboardInterrupt, click.Abort)):
            self._print(
                event="end",
                state="interrupted",
                exit_code=interruption_code(error),
                message=INTERRUPTED,
                receipt=None,
            )

    def update(self, progress: Progress) -> None:
        """Print a progress event."""
        now = time.monotonic()
        done = progress.all_files is not None and progress.files == progress.all_files
        if progress.stage == self._stage and now - self._printed < _INTERVAL and not done:
            return
        if progress.stage != self._stage:
            self._stage, self._rate = progress.stage, TransferRate()
        self._printed = now
        rate = self._rate.add(progress.size)
        left = (progress.all_size - progress.size) / rate if rate and progress.all_size is not None else None
        self._print(
            event="progress",
            stage=progress.stage,
            files=progress.files,
            bytes=progress.size,
            files_total=progress.all_files,
            bytes_total=progress.all_size,
            bytes_per_second=rate and round(rate),
            seconds_left=left and round(left),
        )

    def show_message(self, text: str) -> None:
        """Print a note event."""
        self._print(event="note", message=text)

    def clear(self) -> None:
        """Nothing needs to be cleared."""

    def finish(self, outcome: PublishOutcome) -> None:
        """Print the end event."""
        self._print(
            event="end",
            state=outcome.state,
            exit_code=outcome.exit_code,
            message=outcome.error or outcome.reason,
            receipt=outcome.receipt and outcome.receipt.as_posix(),
        )

    def _print(self, **content: Any) -> None:
        show(json.dumps({"asset": portable_path(self._asset), **content}), err=True)


def bar_text(share: float) -> str:
    """A bar with the percentage: ``[########------------]  40 %, ``."""
    done = int(_BAR_WIDTH * min(share, 1))
    return f"[{'#' * done}{'-' * (_BAR_WIDTH - done)}] {int(100 * min(share, 1)):3} %, "


def duration_text(seconds: float) -> str:
    """A duration: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
