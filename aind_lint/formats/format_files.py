"""Which files of an asset are of a format, as far as their names show.

Every check asks this. The parsers of the formats take 70 ms to import and are imported only if there are such files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Literal

from aind_lint.asset.data_stores import HDF5_SUFFIXES, STORE_ENDINGS, TIFF_SUFFIXES, VIDEO_SUFFIXES
from aind_lint.asset.listing.file_table import FileStat, file_columns
from aind_lint.asset.listing.listing import Listing

#: The formats, as rules name them.
Format = Literal["zarr", "nwb", "ome", "spikeinterface", "open-ephys", "hdf5", "mearec", "video", "tiff"]

#: Files of a recording that SpikeInterface saved: its data in 0.94, its data since 0.95, its class since 0.95.
CACHED, BINARY, SI_FOLDER = "cached.json", "binary.json", "si_folder.json"

_METADATA_LINES = re.compile(r"^(?:.*/)?(?:\.z(?:array|group|attrs|metadata)|zarr\.json)$", re.MULTILINE)
_HDF5_GLOBS, _VIDEO_GLOBS, _TIFF_GLOBS = (
    [f"**/*{suffix}" for suffix in suffixes] for suffixes in (HDF5_SUFFIXES, VIDEO_SUFFIXES, TIFF_SUFFIXES)
)


class FormatFiles:
    """The files of one asset, by format.

    Args:
        listing: The files.
    """

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._found: dict[Format, bool] = {}

    def has(self, format_: Format) -> bool:
        """Whether there are files that are, or may be, of a format. Every rule about a format asks this."""
        if (found := self._found.get(format_)) is None:
            found = self._found[format_] = self._has(format_)
        return found

    def _has(self, format_: Format) -> bool:
        if format_ == "open-ephys":
            return bool(self.recordings)
        if format_ == "hdf5":
            return bool(self.hdf5)
        if format_ == "mearec":
            return any(may_be_mearec(key) for key in self.hdf5)
        if format_ == "video":
            return bool(self.videos)
        if format_ == "tiff":
            return bool(self.tiffs)
        if format_ == "spikeinterface" and self.folders:
            return True
        if format_ == "nwb" and any(may_be_nwb(key) for key in self.hdf5):
            return True
        return bool(self.store_keys or (format_ == "zarr" and self.folders_without_metadata))

    @property
    def names(self) -> list[str]:
        """The formats that there are, as far as names of files show."""
        found = {
            "Zarr": bool(self.store_keys),
            "SpikeInterface recording in binary files": bool(self.folders),
            "Open Ephys binary recording": bool(self.recordings),
            "HDF5": bool(self.hdf5),
            "video": bool(self.videos),
            "TIFF image": bool(self.tiffs),
        }
        return [name for name, exists in found.items() if exists]

    @cached_property
    def store_keys(self) -> dict[str, list[str]]:
        """The keys of the Zarr metadata files, by the prefix of their store."""
        return _find_metadata_keys(self._listing.files)

    @cached_property
    def folders_without_metadata(self) -> list[str]:
        """The folders that are called stores, outside any store, without metadata; empty for the listing itself.

        A folder ``*.nwb`` can also contain NWB files in HDF5.
        """
        if self._listing.name.endswith(STORE_ENDINGS) and self._listing.name not in self._listing.files:
            return [] if self.store_keys or (self._listing.name.endswith(".nwb") and self.hdf5) else [""]
        folders = self._listing.key_index.folders_matching([f"**/*{ending}" for ending in STORE_ENDINGS])
        return [
            folder
            for folder in folders
            if not any(f"{folder}/".startswith(store) for store in self.store_keys)
            and not (folder.endswith(".nwb") and any(key.startswith(f"{folder}/") for key in self.hdf5))
        ]

    @cached_property
    def folders(self) -> dict[str, str]:
        """The prefixes of the folders that SpikeInterface saved, each with the key of the file that describes it."""
        keys = self._listing.key_index.files_matching([f"**/{name}" for name in (CACHED, BINARY, SI_FOLDER)])
        return {_folder_of(key): key for key in sorted(keys, key=lambda key: not key.endswith(SI_FOLDER))}

    @cached_property
    def recordings(self) -> list[str]:
        """The keys that describe recordings of Open Ephys."""
        return list(self._listing.key_index.files_matching(["**/structure.oebin"]))

    @cached_property
    def hdf5(self) -> list[str]:
        """The keys of HDF5 files."""
        return list(self._listing.key_index.files_matching(_HDF5_GLOBS, ignore_case=True))

    @cached_property
    def videos(self) -> list[str]:
        """The keys of videos."""
        return list(self._listing.key_index.files_matching(_VIDEO_GLOBS, ignore_case=True))

    @cached_property
    def tiffs(self) -> list[str]:
        """The keys of TIFF images."""
        return list(self._listing.key_index.files_matching(_TIFF_GLOBS, ignore_case=True))


def may_be_nwb(key: str) -> bool:
    """Whether an HDF5 file may be an NWB file, by its name."""
    return key.lower().endswith(".nwb") or may_be_mearec(key)


def may_be_mearec(key: str) -> bool:
    """Whether an HDF5 file may be a simulated recording, by its name: other such files are data of other kinds."""
    return "mearec" in key.lower() or "recording" in key.rpartition("/")[2].lower()


def _folder_of(key: str) -> str:
    folder = key.rpartition("/")[0]
    return f"{folder}/" if folder else ""


def _find_metadata_keys(files: Mapping[str, FileStat]) -> dict[str, list[str]]:
    """The keys of the Zarr metadata files of an asset, by the prefix of their store.

    A store is the outermost folder with metadata. A folder called ``*.zarr`` or ``*.nwb`` is one at any depth: some
    have a ``.zgroup`` above them, which their readers ignore.
    """
    keys = []
    for block, _ in file_columns(files, ""):
        text = "\n".join(block)
        if ".z" in text or "zarr.json" in text:
            keys += _METADATA_LINES.findall(text)
    by_folder: dict[str, list[str]] = {}
    for key in keys:
        by_folder.setdefault(key.rpartition("/")[0], []).append(key)
    stores: dict[str, list[str]] = {}
    for folder, names in by_folder.items():
        stores.setdefault(_store_prefix(folder, by_folder), []).extend(names)
    for prefix in list(stores):
        for inner, inner_keys in _stores_inside(prefix, stores[prefix]).items():
            stores[inner] = inner_keys
            stores[prefix] = [key for key in stores[prefix] if not key.startswith(inner)]
    return stores


def _stores_inside(prefix: str, keys: list[str]) -> dict[str, list[str]]:
    """The metadata keys of the stores of the other version of Zarr in a store, whose readers do not see them.

    SmartSPIM has a ``.zgroup`` above images of whatever version. A single folder of the other version is no store but
    a fault, and so is metadata of both versions at the root.
    """
    if len({*map(_is_v3, keys)}) == 1:
        return {}
    at_root = {_is_v3(key) for key in keys if "/" not in key[len(prefix) :]}
    others = [key for key in keys if {_is_v3(key)} != at_root] if len(at_root) == 1 else []
    folders = {key.rpartition("/")[0] for key in others}
    inside: dict[str, list[str]] = {}
    for key in others:
        start = len(prefix)
        while (start := key.index("/", start)) and key[:start] not in folders:
            start += 1
        inside.setdefault(key[: start + 1], []).append(key)
    return {inner: keys for inner, keys in inside.items() if len({key.rpartition("/")[0] for key in keys}) > 1}


def _is_v3(key: str) -> bool:
    return key.endswith("zarr.json")


def _store_prefix(folder: str, folders: Collection[str]) -> str:
    """The prefix of the store of a folder with metadata: the folder that is called one, or the outermost with some."""
    outermost = ""
    around = folder
    while around:
        if around.endswith(STORE_ENDINGS):
            return f"{around}/"
        if around in folders:
            outermost = f"{around}/"
        around = around.rpartition("/")[0]
    return "" if "" in folders else outermost
