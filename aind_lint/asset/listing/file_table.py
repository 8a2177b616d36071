"""A mapping from keys to file information that needs a fraction of the memory of a dict."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from aind_lint.storage.sorted_table import SortedTable


class FileStat(NamedTuple):
    """What a listing contains about a file.

    Attributes:
        size: The size in bytes.
        mtime_ns: The time of the last modification in nanoseconds; 0 if the store has none.
    """

    size: int
    mtime_ns: int = 0


#: Key, size in bytes, and time of the last modification in nanoseconds.
FileRow = tuple[str, int, int]


class FileTable(SortedTable):
    """Files by key, sorted."""

    #: The types of the columns after the key: size and time.
    COLUMNS = "qq"

    _value = FileStat._make


def file_rows(files: Mapping[str, FileStat]) -> Iterable[FileRow]:
    """The rows of files, sorted by key."""
    if isinstance(files, FileTable):
        return files.rows()
    return ((key, *files[key]) for key in sorted(files))


def file_columns(files: Mapping[str, FileStat], prefix: str) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
    """Keys and sizes of the files whose keys begin with a prefix, sorted, in blocks.

    Operations on a whole block cost a fraction of those on each key: an asset can have millions of chunks.
    """
    table = files if isinstance(files, FileTable) else FileTable(file_rows(files), FileTable.COLUMNS)
    after = f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}" if prefix else ""
    for keys, sizes, _ in table.columns_from(prefix):
        end = bisect_left(keys, after) if after else len(keys)
        if end:
            yield (keys, sizes) if end == len(keys) else (keys[:end], sizes[:end])
        if end < len(keys):
            return
