"""The benchmark bucket: ``ephys-compression/<set>/<recording>``, without sidecars and asset names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aind_lint.asset.data_stores import STORE_FILES

#: The folder of the study.
ROOT = "ephys-compression"
#: The sets of recordings of the institute, whose names have a form; and all sets of folders.
NAMED_SETS = ("aind-np1", "aind-np2")
RECORDING_SETS = (*NAMED_SETS, "ibl-np1")

#: ``<subject>_<date>_<time>_Probe<X>``.
_NAME = re.compile(r"[0-9]+_([0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2})_Probe[A-Z][0-9]*")
#: Simulated recordings are single files.
_FILE_SUFFIXES = (".h5", ".hdf5")
#: Folders below the bucket that are searched: the study, the set, the recording.
_DEPTH = 3

#: The names of the folders and of the files in a folder, by its path below the start; both sorted.
ListLevel = Callable[[str], tuple[list[str], list[str]]]


@dataclass
class BenchmarkRecordings:
    """What a search found, by paths below its start; the start itself is the empty path.

    Attributes:
        folders: Recordings in folders.
        files: Recordings that are one file.
        others: Files outside any recording.
    """

    folders: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.folders or self.files)


def find_recordings(list_level: ListLevel, names: list[str]) -> BenchmarkRecordings:
    """Find the recordings at or below a folder: of the bucket, of the study, of a set, or of one recording.

    Args:
        list_level: Lists a folder.
        names: The names of the folder and of those around it, the innermost last.
    """
    found = BenchmarkRecordings()
    _search(list_level, "", names, _DEPTH, found)
    return found


def _search(list_level: ListLevel, path: str, names: list[str], depth: int, found: BenchmarkRecordings) -> None:
    folders, files = list_level(path)
    is_member = len(names) > 1 and names[-2] in RECORDING_SETS
    if is_member or not STORE_FILES.isdisjoint(files) or any(name.startswith("traces_cached_seg") for name in files):
        found.folders.append(path)
        return
    for name in files:
        target = found.files if name.lower().endswith(_FILE_SUFFIXES) else found.others
        target.append(_join(path, name))
    inner = [ROOT] if ROOT in folders else folders  # other studies of the bucket have layouts of their own
    found.others += [f"{_join(path, name)}/" for name in folders if name not in inner]
    for name in inner if depth else []:
        _search(list_level, _join(path, name), [*names, name], depth - 1, found)


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def is_recording_name(name: str) -> bool:
    """Whether a folder is called like a recording of the institute: ``612962_2022-04-13_19-18-04_ProbeB``."""
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    try:
        datetime.strptime(match[1], "%Y-%m-%d_%H-%M-%S")
    except ValueError:
        return False
    return True
