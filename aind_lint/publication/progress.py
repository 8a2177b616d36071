"""The progress of a publication."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["listing", "reading", "sending", "verifying"]


@dataclass(frozen=True)
class Progress:
    """The progress at one time.

    Attributes:
        stage: What is being done: listing the folder, reading it for the plan, sending, or verifying what was sent.
        files: Files done in this stage.
        size: Bytes done in this stage.
        all_files: Files to be done, when that is known.
        all_size: Bytes to be done, when that is known.
    """

    stage: Stage
    files: int = 0
    size: int = 0
    all_files: int | None = None
    all_size: int | None = None


OnProgress = Callable[[Progress], None]

#: Called with the number of bytes done so far.
OnBytes = Callable[[int], None]


def ignore_progress(progress: Progress) -> None:
    """Ignore the progress."""
