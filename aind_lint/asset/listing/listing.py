"""What an asset holds: keys with sizes, and a way to read bytes.

A folder, a prefix in a bucket and a tree in memory are the same thing to a rule. A listing is read once, with one
``stat`` per file, and never follows a link.
"""

from __future__ import annotations

import gc
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, groupby, islice
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.listing.file_table import FileRow, FileTable, file_rows
from aind_lint.asset.listing.file_table import FileStat as FileStat
from aind_lint.asset.listing.key_index import KeyIndex
from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.storage.sorted_table import SortedTable, Sorter

#: Called now and then during long work with the number of files seen so far.
OnProgress = Callable[[int], None]

_WINDOWS = os.name == "nt"
_REPARSE_POINT = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0x400)

#: In place of the size, the mark of a folder that is still to be listed.
_FOLDER = -1
#: Entries of one folder from which on they are not sorted in memory.
_MANY = 32_768

#: Device and number of a file's content.
FileIdentity = tuple[int, int]


@dataclass(frozen=True)
class Listing:
    """The content of one asset.

    Attributes:
        name: The asset's name: the folder's, or the last part of the prefix.
        address: The place as a person writes it: a path or an ``s3://`` address.
        files: Regular files by key; keys are relative and use ``/`` everywhere.
        folders: Keys of the folders below the root, without trailing ``/``.
        links: Keys of symbolic links and junctions, sorted; they are never followed.
        link_target: Where a link points to, as it is written there, by key; empty when that cannot be read.
        special_files: Keys of sockets, pipes and devices, sorted.
        hard_links: Files with more than one name in the file system, by key, with what identifies their content there.
            Windows does not tell while listing.
        enclosing_asset: Finds the asset in whose folder or prefix this one lies; None if it lies in none.
        open: Opens one file for reading, by key.
        sibling: Lists what lies beside the asset under a name, down to a depth (None: wholly); None if nothing does.
        root: The folder in which every file lies under its key; None if there is no such folder.
    """

    name: str
    address: str
    files: Mapping[str, FileStat]
    open: Callable[[str], BinaryIO]
    folders: Collection[str] = ()
    links: Collection[str] = ()
    link_target: Callable[[str], str] = lambda key: ""
    special_files: Collection[str] = ()
    hard_links: Mapping[str, FileIdentity] = field(default_factory=dict)
    enclosing_asset: Callable[[], str | None] = lambda: None
    sibling: Callable[[str, int | None], Listing | None] = lambda name, depth: None
    root: Path | None = None

    @cached_property
    def root_files(self) -> Collection[str]:
        """The files at the root of the asset, sorted."""
        return SortedTable((name,) for name in self.key_index.file_names_at_root())

    @cached_property
    def key_index(self) -> KeyIndex:
        """The keys, to be searched by many rules."""
        return KeyIndex(self.files, self.folders)

    @cached_property
    def size(self) -> int:
        """Sum of the sizes of all files, in bytes."""
        return sum(size for _, size, _ in file_rows(self.files))


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
    found = _Found()
    # A folder's content is listed where its keys have their place in the order, so that little is left to sort.
    pending: list[Iterator[FileRow]] = [iter([("", _FOLDER, 0)])]
    with _no_garbage_collection():
        while pending:
            for row in pending[-1]:
                if row[1] == _FOLDER:
                    break
                found.files.add(row)
            else:
                pending.pop()
                continue
            prefix = row[0]
            if depth is not None and prefix.count("/") >= depth:
                continue
            try:
                with _entries(f"{root}/{prefix}", follow=not prefix) as entries:
                    pending.append(_in_order(found.rows(entries, prefix)))
            except OSError as error:
                reason = os_error_reason(error)
                raise UsageError(f"cannot read the folder {path / prefix}: {reason}") from None
            if on_progress:
                on_progress(found.count)
        return Listing(
            root.name,
            path.as_posix(),
            found.files.table(),
            NoFollowOpener(root).open,
            folders=found.folders.table(),
            links=found.links.table(),
            link_target=lambda key: read_link_target(root / key),
            special_files=found.specials.table(),
            hard_links=found.shared.table(),
            enclosing_asset=lambda: _outer_asset(root),
            sibling=lambda name, depth: _scan_beside(root, name, depth),
            root=root,
        )


def _in_order(rows: Iterator[FileRow]) -> Iterator[FileRow]:
    """Rows sorted by key; of a folder that holds very many only some are in memory."""
    first = sorted(islice(rows, _MANY))
    return iter(first) if len(first) < _MANY else FileTable.of(chain(first, rows), FileTable.COLUMNS).rows()


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


class _Found:
    """What is found in a folder.

    Attributes:
        count: How many files there are so far.
    """

    def __init__(self) -> None:
        self.files = Sorter(FileTable, FileTable.COLUMNS)
        self.folders = Sorter(SortedTable)
        self.shared = Sorter(SortedTable, "QQ")
        self.links = Sorter(SortedTable)
        self.specials = Sorter(SortedTable)
        self.count = 0

    def rows(self, entries: Iterator[os.DirEntry[str]], prefix: str) -> Iterator[FileRow]:
        """The files and folders among the entries of one folder; the rest is noted."""
        for entry in entries:
            info = entry.stat(follow_symlinks=False)
            mode = info.st_mode
            key = prefix + entry.name
            # Junctions and other reparse points of Windows redirect as links do.
            if stat.S_ISLNK(mode) or (_WINDOWS and getattr(info, "st_file_attributes", 0) & _REPARSE_POINT):
                self.links.add((key,))
            elif stat.S_ISREG(mode):
                self.count += 1
                if info.st_nlink > 1:
                    self.shared.add((key, info.st_dev, info.st_ino))
                yield key, info.st_size, info.st_mtime_ns
            elif stat.S_ISDIR(mode):
                self.folders.add((key,))
                yield f"{key}/", _FOLDER, 0
            else:
                self.specials.add((key,))


def read_link_target(link: Path) -> str:
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


def folders_of(keys: Iterable[str]) -> SortedTable:
    """The folders that keys imply; of keys that come sorted none is seen twice."""

    def implied() -> Iterator[tuple[str]]:
        before = ""
        for key in keys:
            here = folder = key.rpartition("/")[0]
            if here == before:
                continue
            while folder and not f"{before}/".startswith(f"{folder}/"):
                yield (folder,)
                folder = folder.rpartition("/")[0]
            before = here

    return SortedTable((folder,) for folder, _ in groupby(SortedTable.of(implied())))
