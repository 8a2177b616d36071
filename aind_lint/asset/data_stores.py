"""Stores and data files outside any asset, by the names in their folders."""

from __future__ import annotations

from collections.abc import Iterable
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
STRUCTURE, STRUCTURE_DEPTH = "structure.oebin", 3
RECORDING_FOLDERS = ("Record Node", "experiment", "recording")


def is_store(folder: Path) -> bool:
    """Whether a folder is a store by itself: Zarr, a recording of SpikeInterface or Open Ephys, or an NWB folder.

    An asset has a sidecar at its root; a store has none.
    """
    names = set(entry_names(folder))
    if not names.isdisjoint(SIDECARS):
        return False
    if looks_like_store(folder.name, names):
        return True
    return not VOCABULARY.modality_folders.intersection(names) and _contains_structure(folder, STRUCTURE_DEPTH)


def looks_like_store(name: str, entries: Iterable[str]) -> bool:
    """Whether the name of a folder, or the name of anything directly in it, is one that only stores have."""
    return name.endswith(STORE_ENDINGS) or not STORE_FILES.isdisjoint(entries)


def _contains_structure(folder: Path, depth: int) -> bool:
    """Whether a folder of an Open Ephys recording: ``Record Node 101/experiment1/recording1/structure.oebin``."""
    if (folder / STRUCTURE).is_file():
        return True
    inner = [name for name in folder_names(folder) if name.startswith(RECORDING_FOLDERS)] if depth else []
    return any(_contains_structure(folder / name, depth - 1) for name in inner)
