"""The files of an asset by key, as a dictionary has them, in a small part of its memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aind_lint.storage.sorted_table import SortedTable


class FileStat(NamedTuple):
    """What the listing knows of a file without opening it.

    Attributes:
        size: Bytes.
        mtime_ns: Time of the last change in nanoseconds; 0 where the store has none.
    """

    size: int
    mtime_ns: int = 0


#: Key, size and time of the last change.
FileRow = tuple[str, int, int]


class FileTable(SortedTable):
    """Files by key; iteration is sorted."""

    #: The types of size and time.
    COLUMNS = "qq"

    _value = FileStat._make


def file_rows(files: Mapping[str, FileStat]) -> Iterable[FileRow]:
    """The files as rows, sorted by key."""
    if isinstance(files, FileTable):
        return files.rows()
    return ((key, *files[key]) for key in sorted(files))
