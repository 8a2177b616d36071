"""What an asset holds: keys with sizes, and a way to read bytes.

A folder, a prefix in a bucket and a tree in memory are the same thing to a rule. A listing is read once, with one
``stat`` per file, and never follows a link.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from aind_lint.errors import UsageError

#: Called now and then during long work with the number of files seen so far.
OnProgress = Callable[[int], None]

_REPARSE_POINT = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0x400)
_O_BINARY_NOFOLLOW = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class FileStat(NamedTuple):
    """What the listing knows of a file without opening it.

    Attributes:
        size: Bytes.
        mtime_ns: Time of the last change in nanoseconds; 0 where the store has none.
    """

    size: int
    mtime_ns: int = 0


@dataclass(frozen=True)
class Listing:
    """The content of one asset.

    Attributes:
        name: The asset's name: the folder's, or the last part of the prefix.
        where: The place as a person writes it: a path or an ``s3://`` address.
        files: Regular files by key; keys are relative and use ``/`` everywhere.
        folders: Keys of the folders below the root, without trailing ``/``.
        links: Keys of symbolic links and junctions; they are never followed.
        specials: Keys of sockets, pipes and devices.
        open: Opens one file for reading, by key.
    """

    name: str
    where: str
    files: dict[str, FileStat]
    open: Callable[[str], BinaryIO]
    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    specials: list[str] = field(default_factory=list)

    @cached_property
    def root_files(self) -> list[str]:
        """The files at the root of the asset, sorted."""
        return sorted(key for key in self.files if "/" not in key)

    @cached_property
    def size(self) -> int:
        """Sum of the sizes of all files, in bytes."""
        return sum(entry.size for entry in self.files.values())


def scan_folder(path: Path, on_progress: OnProgress | None = None) -> Listing:
    """List a folder on disk.

    Raises:
        UsageError: The folder, or one below it, cannot be read.
    """
    # A relative path such as "." has no name of its own; the folder has.
    root = path.absolute() if path.name else path.resolve()
    files: dict[str, FileStat] = {}
    listing = Listing(root.name, path.as_posix(), files, lambda key: _open_regular(root / key))
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            with os.scandir(f"{root}/{prefix}") as entries:
                for entry in entries:
                    key = prefix + entry.name
                    if _is_link(entry):
                        listing.links.append(key)
                    elif entry.is_dir(follow_symlinks=False):
                        listing.folders.append(key)
                        pending.append(key + "/")
                    elif entry.is_file(follow_symlinks=False):
                        info = entry.stat(follow_symlinks=False)
                        files[key] = FileStat(info.st_size, info.st_mtime_ns)
                    else:
                        listing.specials.append(key)
        except OSError as error:
            raise UsageError(
                f"cannot read the folder {path / prefix}: {(error.strerror or str(error)).lower()}"
            ) from None
        if on_progress:
            on_progress(len(files))
    return listing


def _is_link(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink():
        return True
    # Junctions and other reparse points of Windows redirect as links do.
    return os.name == "nt" and bool(entry.stat(follow_symlinks=False).st_file_attributes & _REPARSE_POINT)  # type: ignore[attr-defined,unused-ignore]


def _open_regular(path: Path) -> BinaryIO:
    """Open a file that was regular when it was listed; a link put in its place meanwhile is refused."""
    descriptor = os.open(path, _O_BINARY_NOFOLLOW)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is no longer a regular file")
    return os.fdopen(descriptor, "rb")


def folders_of(keys: list[str]) -> list[str]:
    """The folders that a flat list of keys implies."""
    folders: set[str] = set()
    for key in keys:
        while (key := key.rpartition("/")[0]) and key not in folders:
            folders.add(key)
    return sorted(folders)
