"""The record of what was done: reports and receipts in ``done/`` and ``failed/``, with what had said 'finished'."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from aind_lint.app.watching.jobs import DONE, FAILED, Job
from aind_lint.errors import AindLintError


class InUseError(AindLintError):
    """A file of the asset is still held by another program: the asset is not finished, whatever its marker says."""


@dataclass(frozen=True)
class Outcome:
    """How the publication of one asset ended.

    Attributes:
        published: Whether the destination now holds the asset.
        summary: One line for a person.
        details: More lines: what stands in the way, or what was noticed.
        files: Reports and receipts by the ending of their file: ``report.json``, ``report.txt``, ``receipt.json``.
    """

    published: bool
    summary: str
    details: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def put_on_record(folder: Path, job: Job, outcome: Outcome) -> Path:
    """Write the outcome's files into ``done/`` or ``failed/`` and move the token there; the data stays.

    The token goes last: a watcher that is killed before it is moved does the job again, and finds it done.

    Returns:
        The folder with the record.

    Raises:
        OSError: It cannot be written.
    """
    shelf = folder / (DONE if outcome.published else FAILED)
    shelf.mkdir(exist_ok=True)
    for ending, text in outcome.files:
        (shelf / f"{job.name}.{ending}").write_text(text, encoding="utf-8", newline="\n")
    if job.token is not None:
        move_aside(job.token, shelf)
    return shelf


def move_aside(path: Path, shelf: Path) -> Path:
    """Move a file or folder into ``shelf`` by renaming, under a name that is free there.

    Raises:
        OSError: ``shelf`` lies on another volume, or the file is in use.
    """
    target = shelf / path.name
    for number in count(2):
        if not os.path.lexists(target):
            break
        target = shelf / f"{path.stem}-{number}{path.suffix}"
    path.rename(target)
    return target
