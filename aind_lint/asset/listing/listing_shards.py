"""Dividing the listing of a large asset into shards, which are listed at the same time.

A bucket returns at most 1,000 keys per request, and the next page is only known after the previous one. In a distant
bucket a listing takes one round trip per page; shards are listed in parallel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: Folders that are listed folder by folder, as prefixes (empty for the asset, others end with ``/``), each with the
#: folders in it. If a folder is included, so is every folder around it.
ListingShards = Mapping[str, Sequence[str]]

NO_SHARDS: ListingShards = {}

#: A folder is divided only if its folders have at least this many files on average. With half a page per folder there
#: are at most twice as many requests as pages.
_MIN_FILES_PER_FOLDER = 500

#: A folder with more folders is not divided, so that a folder with a million folders needs little memory.
_MAX_FOLDERS = 500

#: Keys on one page of a listing. Source: ListObjectsV2 of S3.
_PAGE_SIZE = 1000


@dataclass
class _FolderCount:
    prefix: str
    files: int = 0
    folders: list[str] = field(default_factory=list)
    shards: dict[str, list[str]] = field(default_factory=dict)


def find_shards(keys: Iterable[str]) -> ListingShards:
    """The folders of sorted keys that should be listed folder by folder."""
    open_folders = [_FolderCount("")]
    for key in keys:
        folder = key[: key.rfind("/") + 1]
        if folder != open_folders[-1].prefix:
            while not folder.startswith(open_folders[-1].prefix):
                _pop_folder(open_folders)
            while (prefix := open_folders[-1].prefix) != folder:
                open_folders.append(_FolderCount(folder[: folder.index("/", len(prefix)) + 1]))
        open_folders[-1].files += 1
    while len(open_folders) > 1:
        _pop_folder(open_folders)
    return _shards_in(open_folders[0])


def _pop_folder(open_folders: list[_FolderCount]) -> None:
    """Close the innermost folder and add its counts to its parent."""
    closed = open_folders.pop()
    parent = open_folders[-1]
    parent.files += closed.files
    if len(parent.folders) <= _MAX_FOLDERS:
        parent.folders.append(closed.prefix)
    parent.shards |= _shards_in(closed)


def _shards_in(folder: _FolderCount) -> dict[str, list[str]]:
    most = min(folder.files // _MIN_FILES_PER_FOLDER, _MAX_FOLDERS)
    if folder.files > _PAGE_SIZE and 0 < len(folder.folders) <= most:
        return {folder.prefix: folder.folders, **folder.shards}
    return {}
