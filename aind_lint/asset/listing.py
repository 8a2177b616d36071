"""What an asset holds: keys with sizes, and a way to read bytes.

A folder, a prefix in a bucket and a tree in memory are the same thing to a rule. A listing is read once, with one
``stat`` per file, and never follows a link.
"""

from __future__ import annotations

import gc
import os
import stat
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.files import FileStat as FileStat
from aind_lint.asset.files import FileTable, Rows
from aind_lint.asset.grammar import parse_name
from aind_lint.asset.keys import KeyIndex
from aind_lint.asset.opening import Opener
from aind_lint.errors import UsageError

#: Called now and then during long work with the number of files seen so far.
OnProgress = Callable[[int], None]

_WINDOWS = os.name == "nt"
_REPARSE_POINT = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0x400)
#: Device and number of a file's content.
Identity = tuple[int, int]


@dataclass(frozen=True)
class Listing:
    """The content of one asset.

    Attributes:
        name: The asset's name: the folder's, or the last part of the prefix.
        where: The place as a person writes it: a path or an ``s3://`` address.
        files: Regular files by key; keys are relative and use ``/`` everywhere.
        folders: Keys of the folders below the root, without trailing ``/``.
        links: Symbolic links and junctions by key, with their targets as written; they are never followed.
        specials: Keys of sockets, pipes and devices.
        shared: Files with more than one name in the file system, by key, with what identifies their content there.
            Windows does not tell while listing.
        outer: Finds the asset in whose folder or prefix this one lies; None if it lies in none.
        open: Opens one file for reading, by key.
        beside: Lists what lies beside the asset under a name, down to a depth (None: wholly); None if nothing does.
    """

    name: str
    where: str
    files: Mapping[str, FileStat]
    open: Callable[[str], BinaryIO]
    folders: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    specials: list[str] = field(default_factory=list)
    shared: dict[str, Identity] = field(default_factory=dict)
    outer: Callable[[], str | None] = lambda: None
    beside: Callable[[str, int | None], Listing | None] = lambda name, depth: None

    @cached_property
    def root_files(self) -> list[str]:
        """The files at the root of the asset, sorted."""
        return sorted(key for key in self.files if "/" not in key)

    @cached_property
    def keys(self) -> KeyIndex:
        """The keys, to be searched by many rules."""
        return KeyIndex(self.files, self.folders)

    @cached_property
    def by_folder(self) -> dict[str, list[str]]:
        """The names of the files that lie directly in each folder; the root is the empty key."""
        names: dict[str, list[str]] = {"": [], **{folder: [] for folder in self.folders}}
        for key in self.files:
            folder, _, name = key.rpartition("/")
            names.setdefault(folder, []).append(name)
        return names

    @cached_property
    def size(self) -> int:
        """Sum of the sizes of all files, in bytes."""
        return sum(entry.size for entry in self.files.values())


def scan_folder(path: Path, on_progress: OnProgress | None = None, depth: int | None = None) -> Listing:
    """List a folder on disk.

    Args:
        path: The folder.
        on_progress: Told how many files have been listed.
        depth: How many levels of folders to read; all when None.

    Raises:
        UsageError: The folder, or one below it, cannot be read.
    """
    root = named_path(path)
    listing = Listing(
        root.name,
        path.as_posix(),
        {},
        Opener(root).open,
        outer=lambda: _outer_asset(root),
        beside=lambda name, depth: _scan_beside(root, name, depth),
    )
    # A dictionary of a million files would take more memory than a rig has to spare.
    files = Rows([], array("Q"), array("q"))
    pending = [""]
    with _no_garbage_collection():
        while pending:
            prefix = pending.pop()
            if depth is not None and prefix.count("/") >= depth:
                continue
            try:
                with _entries(f"{root}/{prefix}", follow=not prefix) as entries:
                    _add(entries, root, prefix, listing, files, pending)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise UsageError(f"cannot read the folder {path / prefix}: {reason}") from None
            if on_progress:
                on_progress(len(files.keys))
        return replace(listing, files=FileTable.of(files))


@contextmanager
def _entries(folder: str, follow: bool) -> Iterator[Iterator[os.DirEntry[str]]]:
    """The entries of a folder; a link put in its place since it was listed is not followed.

    Where the system can, the folder is opened first: that settles which folder is meant, and looking up each entry
    below an open folder takes a tenth less time than by its path.
    """
    if os.scandir not in os.supports_fd:
        with os.scandir(folder) as entries:
            yield entries
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | (0 if follow else os.O_NOFOLLOW))
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    finally:
        os.close(descriptor)


def _outer_asset(root: Path) -> str | None:
    """The nearest folder above that is an asset, or that is named as the source of this one."""
    source = parse_name(root.name).source
    for folder in root.parents:
        if folder.name and (folder.name == source or os.path.lexists(folder / "data_description.json")):
            return folder.name
    return None


def _scan_beside(root: Path, name: str, depth: int | None) -> Listing | None:
    folder = root.parent / name
    return scan_folder(folder, depth=depth) if folder.is_dir() and not folder.is_symlink() else None


def _add(
    entries: Iterator[os.DirEntry[str]], root: Path, prefix: str, listing: Listing, files: Rows, pending: list[str]
) -> None:
    """Add the entries of one folder to listing and files, and its folders to those still to be read."""
    for entry in entries:
        info = entry.stat(follow_symlinks=False)
        mode = info.st_mode
        key = prefix + entry.name
        # Junctions and other reparse points of Windows redirect as links do.
        if stat.S_ISLNK(mode) or (_WINDOWS and getattr(info, "st_file_attributes", 0) & _REPARSE_POINT):
            listing.links[key] = _target(root / key)
        elif stat.S_ISREG(mode):
            files.keys.append(key)
            files.sizes.append(info.st_size)
            files.mtimes.append(info.st_mtime_ns)
            if info.st_nlink > 1:
                listing.shared[key] = (info.st_dev, info.st_ino)
        elif stat.S_ISDIR(mode):
            listing.folders.append(key)
            pending.append(key + "/")
        else:
            listing.specials.append(key)


def _target(link: Path) -> str:
    """Where a link points to, as it is written; empty when it cannot be read."""
    try:
        return link.readlink().as_posix()
    except OSError:
        return ""


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Pause the collector while hundreds of thousands of objects are made that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def named_path(path: Path) -> Path:
    """The absolute path, ending in the folder's name: ``.`` and ``..`` have none of their own, the folder has."""
    return path.absolute() if path.name not in ("", "..") else path.resolve()


def folders_of(keys: list[str]) -> list[str]:
    """The folders that a flat list of keys implies."""
    folders: set[str] = set()
    for key in keys:
        while (key := key.rpartition("/")[0]) and key not in folders:
            folders.add(key)
    return sorted(folders)
