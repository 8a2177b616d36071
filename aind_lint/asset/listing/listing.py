"""The listing of an asset: keys and sizes of its files, and reading their bytes.

Folders, prefixes in buckets and trees in memory all have listings, so rules treat them alike. A folder is listed once,
with one ``stat`` per file, and links are never followed.
"""

from __future__ import annotations

import gc
import os
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, groupby, islice
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.listing.entry_kind import is_folder_entry, is_link, is_only_in_cloud, is_real_folder
from aind_lint.asset.listing.file_table import FileRow, FileTable, file_columns
from aind_lint.asset.listing.file_table import FileStat as FileStat
from aind_lint.asset.listing.hard_links import HardLinks, find_hard_links
from aind_lint.asset.listing.key_index import KeyIndex
from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.errors import UnreadableError, os_error_reason
from aind_lint.storage.sorted_table import SortedTable, Sorter
from aind_lint.system.disk_paths import literal_path, path_of_key, readable_path

#: Called repeatedly during a listing, with the number of files listed so far.
OnListed = Callable[[int], None]

_WINDOWS = os.name == "nt"
_READABLE_BY_ALL = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH

#: Why a file of a cloud folder, such as OneDrive, is not read.
IN_CLOUD = "its content is in the cloud, not on this computer"

#: In place of a size: this row is a folder that is not listed yet.
_FOLDER_SIZE_MARK = -1
#: Folders that stay open for `Listing.read_part`. A process may have 256 open files on macOS.
_KEPT_FOLDERS = 32
#: Folders with at least this many entries are not sorted in memory.
_MAX_SORTED_IN_MEMORY = 32_768


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


def scan_folder(path: Path, on_progress: OnListed | None = None, depth: int | None = None) -> Listing:
    """List a folder on disk.

    Args:
        path: The folder.
        on_progress: Called with the number of files listed so far.
        depth: The number of levels to list; all if None.

    Raises:
        UnreadableError: The folder, or one below it, cannot be read, or file names are not UTF-8 in this process.
    """
    if sys.getfilesystemencoding() != "utf-8":  # the command line has started again in UTF-8 mode
        raise UnreadableError(
            f"cannot list {path}: file names are UTF-8, but this process reads them as {sys.getfilesystemencoding()}; "
            "set PYTHONUTF8=1"
        )
    root = named_path(path)
    literal_root = literal_path(root)
    scan = _Scan(root)
    # Listing each folder where its keys belong in the order leaves little to sort.
    pending: list[Iterator[FileRow]] = [iter([("", _FOLDER_SIZE_MARK, 0)])]
    with _paused_garbage_collection():
        while pending:
            for row in pending[-1]:
                if row[1] == _FOLDER_SIZE_MARK:
                    break
                scan.files.add(row)
            else:
                pending.pop()
                continue
            prefix = row[0]
            if depth is not None and prefix.count("/") >= depth:
                continue
            try:
                pending.append(_folder_rows(scan, path_of_key(literal_root, prefix), prefix))
            except OSError as error:
                reason = os_error_reason(error)
                raise UnreadableError(f"cannot read the folder {path / prefix}: {reason}") from None
            if on_progress:
                on_progress(scan.count)
        files, cloud_files = scan.files.table(), scan.cloud_files.table()
        return Listing(
            root.name,
            readable_path(path).as_posix(),
            files,
            partial(open_local, NoFollowOpener(root), cloud_files),
            folders=scan.folders.table(),
            links=scan.links.table(),
            link_target=lambda key: read_link_target(root / key),
            special_files=scan.special_files.table(),
            unreadable=scan.unreadable.table(),
            cloud_files=cloud_files,
            hard_links=partial(find_hard_links, root, files)
            if _WINDOWS
            else partial(HardLinks, scan.hard_links.table()),
            enclosing_asset=lambda: _enclosing_asset(root),
            sibling=lambda name, depth: _scan_sibling(root, name, depth),
            root=root,
            read_part=None if cloud_files else NoFollowOpener(root, kept=_KEPT_FOLDERS).read_part,
        )


def _sorted_rows(rows: Iterator[FileRow]) -> Iterator[FileRow]:
    """Rows sorted by key. Of a folder with very many entries, only some are in memory."""
    first = sorted(islice(rows, _MAX_SORTED_IN_MEMORY))
    if len(first) < _MAX_SORTED_IN_MEMORY:
        return iter(first)
    return FileTable.of(chain(first, rows), FileTable.COLUMNS).rows()


def _folder_rows(scan: _Scan, folder: str, prefix: str) -> Iterator[FileRow]:
    """The rows of one folder, sorted. A link that has replaced it since it was listed is not followed.

    On systems that support it, the folder is opened first: the open folder cannot be replaced, and ``stat`` of an entry
    below it takes 10 % less time than by path.
    """
    if os.scandir not in os.supports_fd:
        with os.scandir(folder) as entries:
            return _sorted_rows(scan.rows(entries, prefix))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | (os.O_NOFOLLOW if prefix else 0))
    try:
        with os.scandir(descriptor) as entries:
            return _sorted_rows(scan.rows(entries, prefix))
    finally:
        os.close(descriptor)


def _enclosing_asset(root: Path) -> str | None:
    """The name of the nearest enclosing folder that is an asset or has the name of this asset's source."""
    source = parse_name(root.name).source
    for folder in root.parents:
        if folder.name and (folder.name == source or os.path.lexists(folder / "data_description.json")):
            return folder.name
    return None


def _scan_sibling(root: Path, name: str, depth: int | None) -> Listing | None:
    folder = root.parent / name
    return scan_folder(folder, depth=depth) if is_real_folder(folder) else None


def open_local(opener: NoFollowOpener, cloud_files: Collection[str], key: str) -> BinaryIO:
    """Open a file, unless that would download it.

    Raises:
        OSError: Its content is in the cloud, or it cannot be opened.
    """
    if cloud_files and key in cloud_files:
        raise OSError(IN_CLOUD)
    return opener.open(key)


class _Scan:
    """The rows of all folders that have been listed.

    Attributes:
        count: The number of files so far.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.files = Sorter(FileTable, FileTable.COLUMNS)
        self.folders = Sorter(SortedTable)
        self.hard_links = Sorter(SortedTable, "QQ")
        self.links = Sorter(SortedTable)
        self.special_files = Sorter(SortedTable)
        self.unreadable = Sorter(SortedTable)
        # Nearly all files can be read by everyone, which costs no system call. Root reads all; Windows shows nothing.
        self._everyone = 0 if _WINDOWS or os.geteuid() == 0 else _READABLE_BY_ALL
        self.cloud_files = Sorter(SortedTable)
        self.count = 0

    def rows(self, entries: Iterator[os.DirEntry[str]], prefix: str) -> Iterator[FileRow]:
        """Yield rows for the files and folders of one folder, and collect links and special files."""
        for entry in entries:
            key = prefix + entry.name
            if is_folder_entry(entry):  # nothing else about a folder is needed, and its type costs no system call
                self.folders.add((key,))
                yield f"{key}/", _FOLDER_SIZE_MARK, 0
                continue
            info = entry.stat(follow_symlinks=False)
            mode = info.st_mode
            if is_link(info):
                self.links.add((key,))
            elif stat.S_ISREG(mode):
                self.count += 1
                if mode & self._everyone != self._everyone and not self._can_read(key):
                    self.unreadable.add((key,))
                if info.st_nlink > 1:  # always 0 on Windows
                    self.hard_links.add((key, info.st_dev, info.st_ino))
                if is_only_in_cloud(info):
                    self.cloud_files.add((key,))
                yield key, info.st_size, info.st_mtime_ns
            else:
                self.special_files.add((key,))

    def _can_read(self, key: str) -> bool:
        return os.access(f"{self._root}/{key}", os.R_OK, effective_ids=os.access in os.supports_effective_ids)


def read_link_target(link: Path) -> str:
    """The target of a link, as it is stored; empty if it cannot be read."""
    try:
        return link.readlink().as_posix()
    except OSError:
        return ""


@contextmanager
def _paused_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector while hundreds of thousands of objects are created that all remain in use."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def named_path(path: Path) -> Path:
    """The absolute path, which ends with the name of the folder even if ``path`` is ``.`` or ends with ``..``."""
    return path.absolute() if path.name not in ("", "..") else path.resolve()


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
