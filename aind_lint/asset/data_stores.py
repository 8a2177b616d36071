"""Stores and data files outside any asset, by the names in their folders."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

from aind_lint.asset.folder_entries import entry_names, folder_names
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.sidecar.kinds import SIDECARS

#: Extensions of data files whose inside can be checked.
HDF5_SUFFIXES = (".nwb", ".h5", ".hdf5")
VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm")
TIFF_SUFFIXES = (".tif", ".tiff", ".tf8", ".btf")
DATA_SUFFIXES = (*HDF5_SUFFIXES, *VIDEO_SUFFIXES, *TIFF_SUFFIXES)
#: Files at the root of a store, and endings of its folder.
STORE_FILES = frozenset(
    [".zgroup", ".zarray", "zarr.json", "si_folder.json", "cached.json", "binary.json", "dandiset.yaml"]
)
STORE_ENDINGS = (".zarr", ".nwb")
#: The file that describes a recording of Open Ephys, the folders around it, and their number.
_STRUCTURE, _STRUCTURE_DEPTH = "structure.oebin", 3
_RECORDING_FOLDERS = ("Record Node", "experiment", "recording")
#: Folders of each level that are searched for it. In a bucket, each is a request.
_MAX_LISTED = 3

#: Lists a folder, by its path below another one, ending with a slash: the names of its folders, and of its files.
ListLevel = Callable[[str], tuple[Collection[str], Collection[str]]]


def is_store(folder: Path) -> bool:
    """Whether a folder is a store by itself: Zarr, a recording of SpikeInterface or Open Ephys, or an NWB folder.

    An asset has a sidecar at its root; a store has none.
    """
    names = set(entry_names(folder))
    if not names.isdisjoint(SIDECARS):
        return False
    if looks_like_store(folder.name, names):
        return True
    return contains_recording(folder_names(folder), names, partial(_level, folder))


def looks_like_store(name: str, entries: Iterable[str]) -> bool:
    """Whether the name of a folder, or the name of anything directly in it, is one that only stores have."""
    return name.endswith(STORE_ENDINGS) or not STORE_FILES.isdisjoint(entries)


def contains_recording(
    folders: Collection[str], files: Collection[str], level: ListLevel, prefix: str = "", depth: int = _STRUCTURE_DEPTH
) -> bool:
    """Whether a folder is one of a recording of Open Ephys: ``Record Node 101/experiment1/recording1/structure.oebin``.

    A folder with folders of modalities is an asset, finished or not.

    Args:
        folders: The names of the folders in it.
        files: The names of the files in it.
        level: Lists a folder below it.
        prefix: Where this folder is, for `level`; empty or ending with a slash.
        depth: How many levels below it are listed.
    """
    if not VOCABULARY.modality_folders.isdisjoint(folders):
        return False
    if _STRUCTURE in files:
        return True
    inner = [name for name in sorted(folders) if name.startswith(_RECORDING_FOLDERS)] if depth else []
    below = (f"{prefix}{name}/" for name in inner[:_MAX_LISTED])
    return any(contains_recording(*level(path), level, path, depth - 1) for path in below)


def _level(folder: Path, prefix: str) -> tuple[list[str], list[str]]:
    return folder_names(folder / prefix), entry_names(folder / prefix)
