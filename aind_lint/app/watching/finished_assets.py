"""Finds the finished assets of a watched folder.

An asset is finished when a marker ``x.ready`` is next to its folder ``x``, when the watched folder contains an upload
manifest for it, or, with ``--still``, when it has not changed for the given minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aind_lint.app.watching.idle_tracker import IdleTracker
from aind_lint.asset.discovery import YAML_SUFFIXES, is_asset

#: A file with this extension next to asset ``x`` marks it as finished: ``x.ready``.
MARKER = ".ready"
#: Folders in the watched folder for handled assets; their content is not scanned.
DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class FinishedAsset:
    """A finished asset, to be published.

    Attributes:
        name: Its name in the log.
        source: The asset's folder, or the upload manifest that lists its files.
        marker: The marker or upload manifest, which is moved once the asset is handled; None for an asset that is
            finished because it has not changed.
    """

    name: str
    source: Path
    marker: Path | None


def find_finished_assets(folder: Path, idle_tracker: IdleTracker | None) -> list[FinishedAsset]:
    """The finished assets of a watched folder, sorted by name; subfolders are not searched.

    Without ``idle_tracker`` only markers and upload manifests count.

    Raises:
        OSError: The folder cannot be read.
    """
    with os.scandir(folder) as entries:
        files, folders = _sorted(entries)
    finished = [FinishedAsset(name, folder / name, folder / name) for name in files if is_manifest(name)]
    marked = [name for name in files if name.endswith(MARKER) and name != MARKER]
    for name in marked:
        asset = name.removesuffix(MARKER)
        finished.append(FinishedAsset(asset, folder / asset, folder / name))
    if idle_tracker is not None:
        marked_names = {name.removesuffix(MARKER) for name in marked} | {DONE, FAILED}
        waiting = [name for name in folders if name not in marked_names and not name.startswith(".")]
        assets = [name for name in waiting if is_asset(folder / name)]
        finished += [FinishedAsset(name, folder / name, None) for name in idle_tracker.idle_assets(folder, assets)]
    return finished


def is_manifest(name: str) -> bool:
    """Whether a file name is that of an upload manifest, by the same test as the watchdog service."""
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
