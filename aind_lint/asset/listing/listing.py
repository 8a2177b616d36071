"""The listing of an asset: keys and sizes of its files, and reading their bytes.

Folders (`aind_lint.asset.listing.folder_scan`), prefixes in buckets and trees in memory all have listings, so rules
treat them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.listing.file_table import FileStat as FileStat
from aind_lint.asset.listing.file_table import file_columns
from aind_lint.asset.listing.hard_links import HardLinks
from aind_lint.asset.listing.key_index import KeyIndex
from aind_lint.storage.sorted_table import SortedTable


@dataclass(frozen=True)
class Listing:
    """The files and folders of one asset.

    Attributes:
        name: The name of the asset: that of its folder, or the last part of its prefix.
        address: The path or ``s3://`` address of the asset.
        files: Regular files by key. A key is relative to the asset and contains ``/`` on every system.
        folders: Keys of the folders, without a ``/`` at the end.
        links: Keys of symbolic links and junctions, sorted. They are never followed.
        link_target: Returns the target of a link, by key; empty if it cannot be read.
        special_files: Keys of sockets, pipes and devices, sorted.
        unreadable: Keys of the files that this user may not read, sorted, where the listing shows that (POSIX).
        cloud_files: Keys of files whose content is in a cloud folder and not on this computer, sorted. They cannot be
            opened: that would download them.
        hard_links: Finds the files with several names in the file system. On Windows that opens each file.
        enclosing_asset: Returns the name of the asset whose folder or prefix contains this one; None if there is none.
        open: Opens a file for reading, by key.
        sibling: Lists a folder beside the asset, by name and depth (None: all levels); None if it does not exist.
        root: The folder that contains every file under its key; None if there is no such folder.
        open_range: Opens a part of a file, by key, first byte and length; None if `open` gives a seekable stream.
        read_part: Reads a part of a file, by key, first byte and greatest length, in half the time of `open`; None if
            there is no faster way.
        range_requests: How many parts may be read at the same time.
        version: A digest that changes with the content of any file; empty if the listing does not show that.
    """

    name: str
    address: str
    files: Mapping[str, FileStat]
    open: Callable[[str], BinaryIO]
    folders: Collection[str] = ()
    links: Collection[str] = ()
    link_target: Callable[[str], str] = lambda key: ""
    special_files: Collection[str] = ()
    unreadable: Collection[str] = ()
    cloud_files: Collection[str] = ()
    hard_links: Callable[[], HardLinks] = HardLinks
    enclosing_asset: Callable[[], str | None] = lambda: None
    sibling: Callable[[str, int | None], Listing | None] = lambda name, depth: None
    root: Path | None = None
    open_range: Callable[[str, int, int], BinaryIO] | None = None
    range_requests: int = 1
    read_part: Callable[[str, int, int], bytes] | None = None
    version: str = ""

    def read(self, key: str, limit: int) -> bytes:
        """The content of a file, at most ``limit`` bytes of it.

        Raises:
            OSError: The file cannot be read.
            BucketError: The bucket cannot be read.
        """
        if self.read_part is not None:
            return self.read_part(key, 0, limit)
        with self.open(key) as stream:
            # A stream reserves as much memory as is asked for: 64 MB take longer than reading a small file.
            content = stream.read(min(limit, self.files[key].size + 1))
            if len(content) <= self.files[key].size or len(content) == limit:
                return content
            return content + stream.read(limit - len(content))  # the file has grown since it was listed

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """A part of a file; shorter than ``length`` where the file ends.

        Raises:
            OSError: The file cannot be read.
            BucketError: The bucket cannot be read.
        """
        if self.read_part is not None:
            return self.read_part(key, start, length)
        if self.open_range is not None:
            with self.open_range(key, start, length) as stream:
                return stream.read(length)
        with self.open(key) as stream:
            if start:
                stream.seek(start)
            return stream.read(length)

    @cached_property
    def root_files(self) -> Collection[str]:
        """The files at the root of the asset, sorted."""
        return SortedTable((name,) for name in self.key_index.file_names_at_root())

    @cached_property
    def key_index(self) -> KeyIndex:
        """An index of the keys, which all rules share."""
        return KeyIndex(self.files, self.folders)

    @cached_property
    def size(self) -> int:
        """The total size of all files in bytes."""
        return sum(sum(sizes) for _, sizes in file_columns(self.files, ""))


def folders_of(keys: Iterable[str]) -> SortedTable:
    """The folders that contain these keys. With sorted keys, no folder occurs twice."""
    if isinstance(keys, SortedTable):
        keys = chain.from_iterable(map(_one_per_folder, keys.blocks()))

    def implied() -> Iterator[tuple[str]]:
        previous = ""
        for key in keys:
            parent = folder = key.rpartition("/")[0]
            if parent == previous:
                continue
            while folder and not f"{previous}/".startswith(f"{folder}/"):
                yield (folder,)
                folder = folder.rpartition("/")[0]
            previous = parent

    return SortedTable((folder,) for folder, _ in groupby(SortedTable.of(implied())))


def _one_per_folder(keys: list[str]) -> list[str]:
    """The first of some sorted keys if all are in one folder, as most chunks are; otherwise all of them."""
    folder = "".join(keys[0].rpartition("/")[:2])
    is_common = keys[-1].startswith(folder) and "".join(keys).count("/") == len(keys) * folder.count("/")
    return keys[:1] if is_common else keys
