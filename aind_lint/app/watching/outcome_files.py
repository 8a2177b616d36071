"""Reports and receipts in ``done/`` and ``failed/``, with the marker or upload manifest of each asset."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from aind_lint.app.watching.finished_assets import DONE, FAILED, FinishedAsset
from aind_lint.errors import AindLintError
from aind_lint.system.shared_folder import make_folder, write_file_in


class InUseError(AindLintError):
    """Another program still has a file of the asset open, so it is not finished in spite of its marker."""


@dataclass(frozen=True)
class Outcome:
    """How the publication of one asset ended.

    Attributes:
        published: Whether the destination now holds the asset.
        summary: One line for a person.
        details: More lines: the findings and the checks that could not be made.
        files: Pairs of file extension and content: ``report.json``, ``report.txt``, ``receipt.json``.
    """

    published: bool
    summary: str
    details: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def write_outcome(folder: Path, asset: FinishedAsset, outcome: Outcome) -> Path:
    """Write the outcome's files into ``done/`` or ``failed/`` and move the marker there; the data stays.

    The marker is moved last. A watcher killed before that publishes the asset again, which changes nothing.

    Returns:
        The folder with the files.

    Raises:
        OSError: A file cannot be written or moved.
    """
    target_folder = folder / (DONE if outcome.published else FAILED)
    make_folder(target_folder)
    for extension, text in outcome.files:
        write_file_in(target_folder, f"{asset.name}.{extension}", text)
    if asset.marker is not None:
        move_without_overwriting(asset.marker, target_folder)
    return target_folder


def move_without_overwriting(path: Path, target_folder: Path) -> Path:
    """Move a file or folder into ``target_folder`` by renaming it; a number is added if the name is taken.

    Raises:
        OSError: ``target_folder`` is a link or on another volume, or the file is in use.
    """
    make_folder(target_folder)
    target = target_folder / path.name
    for number in count(2):
        if not os.path.lexists(target):
            break
        target = target_folder / f"{path.stem}-{number}{path.suffix}"
    path.rename(target)
    return target
