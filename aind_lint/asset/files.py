"""Keys and what is known of their files, for assets of a million files: sorted, in blocks, a few bytes each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from itertools import islice
from os.path import commonprefix
from typing import NamedTuple

_BLOCK = 512
_SEPARATOR = "\0"  # the one character that no file system and no key can hold


class FileStat(NamedTuple):
    """What the listing knows of a file without opening it.

    Attributes:
        size: Bytes.
        mtime_ns: Time of the last change in nanoseconds; 0 where the store has none.
    """

    size: int
    mtime_ns: int = 0


class KeyTable:
    """Sorted keys. A block of them is one text, without the beginning that all of the block share.

    The order is that of code points, which is also that of the UTF-8 bytes.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        """A table of keys that come sorted and without repetition."""
        self._firsts: list[str] = []
        self._blocks: list[tuple[str, str]] = []
        self._length = 0
        self._open = -1, [""]
        coming = iter(keys)
        while block := list(islice(coming, _BLOCK)):
            shared = commonprefix((block[0], block[-1]))  # noqa: RUF071 - of texts, not of folders
            start = len(shared)
            self._firsts.append(block[0])
            self._blocks.append((shared, _SEPARATOR.join([key[start:] for key in block])))
            self._length += len(block)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        for shared, block in self._blocks:
            for rest in block.split(_SEPARATOR):
                yield shared + rest

    def index(self, key: str) -> int:
        """The position of a key; -1 when it is not there."""
        number = bisect_right(self._firsts, key) - 1
        if number < 0:
            return -1
        opened, block = self._open
        if opened != number:
            shared, rest = self._blocks[number]
            block = [shared + part for part in rest.split(_SEPARATOR)]
            self._open = number, block  # one assignment, so that threads see a block with its number
        place = bisect_left(block, key)
        return number * _BLOCK + place if place < len(block) and block[place] == key else -1


class Rows(NamedTuple):
    """Files in the order in which they were found."""

    keys: list[str]
    sizes: array[int]
    mtimes: array[int]


class FileTable(Mapping[str, FileStat]):
    """Files by key, as a dictionary is, in a small part of its memory; iteration is sorted."""

    def __init__(self, keys: KeyTable, sizes: array[int], mtimes: array[int]) -> None:
        self.keys_sorted = keys
        self.sizes = sizes
        self.mtimes = mtimes

    @classmethod
    def of(cls, rows: Rows) -> FileTable:
        """The table of files in any order."""
        order = sorted(range(len(rows.keys)), key=rows.keys.__getitem__)
        return cls(
            KeyTable(map(rows.keys.__getitem__, order)),
            array("Q", map(rows.sizes.__getitem__, order)),
            array("q", map(rows.mtimes.__getitem__, order)),
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_sorted)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.keys_sorted.index(key) >= 0

    def __getitem__(self, key: str) -> FileStat:
        if (place := self.keys_sorted.index(key)) < 0:
            raise KeyError(key)
        return FileStat(self.sizes[place], self.mtimes[place])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FileTable):
            return (
                self.sizes == other.sizes
                and self.mtimes == other.mtimes
                and all(a == b for a, b in zip(self, other, strict=True))
            )
        return Mapping.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]

    def items(self) -> ItemsView[str, FileStat]:
        """Keys with what is known of them, without a search for each."""
        return _Rows(self)

    def values(self) -> ValuesView[FileStat]:
        """What is known of each, without a search for each."""
        return _Stats(self)


class _Rows(ItemsView[str, FileStat]):
    _mapping: FileTable

    def __iter__(self) -> Iterator[tuple[str, FileStat]]:
        return zip(self._mapping.keys_sorted, self._mapping.values(), strict=True)


class _Stats(ValuesView[FileStat]):
    _mapping: FileTable

    def __iter__(self) -> Iterator[FileStat]:
        return map(FileStat, self._mapping.sizes, self._mapping.mtimes)
