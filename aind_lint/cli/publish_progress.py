"""Progress of a publication: a line for a person, or JSON lines for a program."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol

import click

from aind_lint.cli.progress_line import Progress as Line
from aind_lint.cli.terminal import interruption_code, show, show_error
from aind_lint.publication.progress import Progress
from aind_lint.text.quantities import format_bytes
from aind_lint.text.sanitize import sanitize

#: Seconds over which a rate is averaged: long enough to be steady, short enough to notice a change.
_WINDOW = 20.0

#: Seconds between two JSON lines of one stage.
_INTERVAL = 1.0

Kind = Literal["bar", "jsonl", "none"]


@dataclass(frozen=True)
class Outcome:
    """How the publication of one asset ended.

    Attributes:
        state: What became of the asset.
        exit_code: What it adds to the exit code of the command.
        reason: Why it is not published, in a few words.
        error: The whole message, when a failure has one and has not been reported yet.
        receipt: Where the receipt is.
    """

    state: Literal["published", "already published", "planned", "refused", "declined", "failed"]
    exit_code: int = 0
    reason: str | None = None
    error: str | None = None
    receipt: Path | None = None


class Meter(Protocol):
    """Shows how far the publication of one asset is, and how it ended."""

    def __enter__(self) -> Meter:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and leave the screen as it was."""

    def report(self, progress: Progress) -> None:
        """Show a moment."""

    def tell(self, text: str) -> None:
        """Show what is being waited for or tried again."""

    def clear(self) -> None:
        """Make room for something else that is printed."""

    def conclude(self, outcome: Outcome) -> None:
        """Show the end."""


def make_meter(kind: Kind, asset: str) -> Meter:
    """The meter that a person has asked for."""
    return JsonMeter(asset) if kind == "jsonl" else LineMeter(silent=kind == "none")


class Rate:
    """Bytes per second of late, and the seconds that are left."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = []

    def add(self, size: int) -> float | None:
        """Note how many bytes are done; the rate, once it can be known."""
        now = time.monotonic()
        self._seen.append((now, size))
        while self._seen[1:] and now - self._seen[1][0] > _WINDOW:
            self._seen.pop(0)
        since, before = self._seen[0]
        return (size - before) / (now - since) if now - since > 1 and size > before else None


class LineMeter:
    """One line on a terminal that is rewritten; a line of its own for every note."""

    def __init__(self, silent: bool) -> None:
        self._line = Line(silent)
        self._stage = ""
        self._rate = Rate()
        self._told: set[str] = set()

    def __enter__(self) -> LineMeter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def report(self, progress: Progress) -> None:
        """Rewrite the line."""
        if self._line.is_due():
            self._line.write(self._text(progress))

    def _text(self, progress: Progress) -> str:
        if progress.stage != self._stage:
            self._stage, self._rate = progress.stage, Rate()
        parts = [f"{progress.stage}: {progress.files:,}"]
        if progress.all_files is not None:
            parts[0] += f" of {progress.all_files:,}"
        parts[0] += " files"
        if progress.stage in ("listing", "verifying"):
            return parts[0] if progress.stage == "listing" else "verifying what the bucket holds"
        parts.append(format_bytes(progress.size))
        if progress.all_size is not None:
            parts[-1] += f" of {format_bytes(progress.all_size)}"
        if rate := self._rate.add(progress.size):
            parts.append(f"{format_bytes(int(rate))}/s")
            if progress.all_size is not None:
                parts.append(f"{duration_text((progress.all_size - progress.size) / rate)} left")
        return ", ".join(parts)

    def tell(self, text: str) -> None:
        """Print the note, once however often it is told within a run of 256 requests."""
        said = text.partition("; trying again")[0]
        if said in self._told and self._line.shown:
            return
        self._told.add(said)
        self.clear()
        show(sanitize(text), err=True)

    def clear(self) -> None:
        """Remove the line."""
        self._line.clear()

    def conclude(self, outcome: Outcome) -> None:
        """Print what is wrong, or where the receipt is; all else is said on standard output."""
        self.clear()
        if outcome.error is not None:
            show_error(outcome.error)
        if outcome.receipt is not None:
            show(f"Receipt: {outcome.receipt}", err=True)


class JsonMeter:
    """One JSON object on a line of standard error for every moment, at most one in a second for each stage."""

    def __init__(self, asset: str) -> None:
        self._asset = asset
        self._stage = ""
        self._rate = Rate()
        self._shown = 0.0

    def __enter__(self) -> JsonMeter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Print that it was interrupted, if it was; nothing has to be removed."""
        if isinstance(error, (KeyboardInterrupt, click.Abort)):
            self._print(
                event="end",
                state="interrupted",
                exit_code=interruption_code(error),
                message="nothing is lost: run the same command again, and it goes on where it stopped",
                receipt=None,
            )

    def report(self, progress: Progress) -> None:
        """Print a moment."""
        now = time.monotonic()
        done = progress.all_files is not None and progress.files == progress.all_files
        if progress.stage == self._stage and now - self._shown < _INTERVAL and not done:
            return
        if progress.stage != self._stage:
            self._stage, self._rate = progress.stage, Rate()
        self._shown = now
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

    def tell(self, text: str) -> None:
        """Print a note."""
        self._print(event="note", message=text)

    def clear(self) -> None:
        """Nothing is in the way."""

    def conclude(self, outcome: Outcome) -> None:
        """Print the end."""
        self._print(
            event="end",
            state=outcome.state,
            exit_code=outcome.exit_code,
            message=outcome.error or outcome.reason,
            receipt=outcome.receipt and str(outcome.receipt),
        )

    def _print(self, **content: Any) -> None:
        show(json.dumps({"asset": self._asset, **content}), err=True)


def duration_text(seconds: float) -> str:
    """A time as people say it: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
