"""Files with several names in the file system."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from aind_lint.errors import os_error_reason
from aind_lint.storage.sorted_table import SortedTable, Sorter
from aind_lint.system.concurrency_limits import STAT_THREADS
from aind_lint.system.disk_paths import literal_path, path_of_key
from aind_lint.system.thread_pool import run_in_threads

#: Device and inode of a file's content. On Windows an inode can have 128 bits, and takes two numbers.
FileIdentity = tuple[int, ...]

_INODE_BITS = 64


@dataclass(frozen=True)
class HardLinks:
    """The files of an asset that have several names.

    Attributes:
        identities: The identity of the content, by key.
        unknown: A file that may or may not have other names, and why that is unknown; None if there is none.
    """

    identities: Mapping[str, FileIdentity] = field(default_factory=dict)
    unknown: tuple[str, str] | None = None


def find_hard_links(root: Path, keys: Iterable[str]) -> HardLinks:
    """Ask for the number of names of every file, where a listing does not contain it: on Windows.

    Args:
        root: The folder of the asset.
        keys: The keys of its files.
    """
    links = Sorter(SortedTable, "QQQ")
    unknown: list[tuple[str, str]] = []
    lock = Lock()
    literal_root = literal_path(root)

    def ask(key: str) -> None:
        try:
            info = os.lstat(path_of_key(literal_root, key))
        except OSError as error:
            unknown.append((key, os_error_reason(error)))
            return
        if not info.st_ino or not info.st_nlink:
            # A network drive without file numbers, or a file that no other program may open: Windows reports zeros.
            unknown.append((key, "the drive gives no file number for it"))
        elif info.st_nlink > 1:
            with lock:
                links.add((key, info.st_dev, *divmod(info.st_ino, 2**_INODE_BITS)))

    run_in_threads(keys, ask, STAT_THREADS, Event())
    return HardLinks(links.table(), min(unknown, default=None))
