"""The log of a publication: each step with its time, and the progress within a long step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from aind_lint.publication.progress import OnProgress, Progress
from aind_lint.system.logs import LOGGER
from aind_lint.text.quantities import format_bytes

_log = LOGGER.getChild("publication")

#: Seconds between two messages about the progress of a step.
_PROGRESS_SECONDS = 30.0


class Step(Enum):
    """The steps of a publication, in their order."""

    CHECK = "check"
    PLAN = "plan"
    CONFIRM = "confirm"
    CLAIM = "claim"
    SEND = "send"
    VERIFY = "verify"
    COMMIT = "commit"
    RECEIPT = "receipt"


@contextmanager
def log_step(step: Step, asset: str) -> Iterator[None]:
    """Log the start and the end of a step, with the reason if it fails."""
    _log.debug("%s  %s: started", asset, step.value)
    started = time.monotonic()
    try:
        yield
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        _log.debug("%s  %s: stopped after %.3f s: %s", asset, step.value, time.monotonic() - started, reason)
        raise
    _log.debug("%s  %s: finished in %.3f s", asset, step.value, time.monotonic() - started)


def log_detail(asset: str, message: str, *values: object) -> None:
    """Log a detail of a step."""
    _log.debug(f"%s  {message}", asset, *values)


def log_progress(on_progress: OnProgress, asset: str) -> OnProgress:
    """A callback that also logs the progress, every half minute."""
    next_time = time.monotonic() + _PROGRESS_SECONDS

    def report(progress: Progress) -> None:
        nonlocal next_time
        on_progress(progress)
        if (now := time.monotonic()) >= next_time:
            next_time = now + _PROGRESS_SECONDS
            files, size = f"{progress.files:,}", format_bytes(progress.size)
            if progress.all_files is not None:
                files += f" of {progress.all_files:,}"
            _log.debug("%s  %s: %s files, %s", asset, progress.stage, files, size)

    return report


def log_messages(on_message: Callable[[str], None], asset: str) -> Callable[[str], None]:
    """A callback that also logs the messages about waits and retries."""

    def log_message(text: str) -> None:
        _log.debug("%s  note: %s", asset, text)
        on_message(text)

    return log_message
