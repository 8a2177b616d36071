"""What in a watched folder is finished and waits to be published."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aind_lint.app.watching.idle_tracker import IdleTracker
from aind_lint.asset.discovery import YAML_SUFFIXES, is_asset

#: An asset ``x`` is finished when a file of this ending lies beside it: ``x.ready``.
MARKER = ".ready"
#: Folders of the watcher in the watched folder; what lies in them is on record, not waiting.
DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Job:
    """One asset to publish.

    Attributes:
        name: What the log calls it.
        source: The asset's folder, or the upload manifest that says of what it is assembled.
        token: The file that said the asset is finished, and is moved when it has been dealt with; None for an asset
            that was noticed by lying still.
    """

    name: str
    source: Path
    token: Path | None


def find_jobs(folder: Path, stillness: IdleTracker | None) -> list[Job]:
    """The finished assets of a watched folder, in the order of their names.

    A marker beside an asset or an upload manifest says that one is finished; with ``stillness``, so does lying still.
    Only the folder itself is looked at, not what is below it.

    Raises:
        OSError: The folder cannot be read.
    """
    with os.scandir(folder) as entries:
        files, folders = _sorted(entries)
    jobs = [Job(name, folder / name, folder / name) for name in files if is_manifest(name)]
    marked = [name for name in files if name.endswith(MARKER) and name != MARKER]
    for name in marked:
        asset = name.removesuffix(MARKER)
        jobs.append(Job(asset, folder / asset, folder / name))
    if stillness is not None:
        spoken_for = {name.removesuffix(MARKER) for name in marked} | {DONE, FAILED}
        waiting = [name for name in folders if name not in spoken_for and not name.startswith(".")]
        assets = [name for name in waiting if is_asset(folder / name)]
        jobs += [Job(name, folder / name, None) for name in stillness.still(folder, assets)]
    return jobs


def is_manifest(name: str) -> bool:
    """Whether a file's name is that of an upload manifest, as the watchdog service tells one from other files."""
    folded = name.lower()
    return "manifest" in folded and folded.endswith(YAML_SUFFIXES)


def _sorted(entries: Iterable[os.DirEntry[str]]) -> tuple[list[str], list[str]]:
    files, folders = [], []
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.name)
        elif entry.is_file(follow_symlinks=False):
            files.append(entry.name)
    return sorted(files), sorted(folders)
