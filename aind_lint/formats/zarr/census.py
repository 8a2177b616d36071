"""Counts the chunks of all arrays of a store in one pass over its keys."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from aind_lint.asset.listing.file_table import FileStat, file_columns
from aind_lint.formats.zarr.metadata import METADATA_FILES, ArrayNode

#: Keys that are kept for messages.
_MAX_KEYS = 20
#: Chunks of a sample that lie between the first and the last.
_SPREAD = 13
#: Keys that are matched one by one: compiling a pattern for all of them takes longer.
_FEW = 32
#: Chunks of a grid whose absence is located; of a larger one only the number of missing chunks is known.
_MAX_LOCATED = 10_000_000
#: Every key that looks like a chunk of some array: inside its grid or not, with any separator.
_ANY_CHUNK = re.compile(r"(?:c[./])?\d+(?:[./]\d+)*", re.ASCII)
_LAST_PART_OF_CHUNK = re.compile(r"(?:^|/)(?:c|\d+(?:\.\d+)*)$", re.ASCII)
_CHUNK_PATH = re.compile(r"(?:(?<=/)|^)(?:c/)?\d+(?:[./]\d+)*$", re.ASCII)


@dataclass
class ArrayCensus:
    """The chunks of one array.

    Attributes:
        node: The array.
        prefix: The prefix of its keys in the asset.
        count: Chunks inside the grid.
        empty: Keys of the first chunks without any byte.
        empty_count: The number of such chunks.
        strays: Keys of the first files that look like chunks but are not in the grid.
        stray_count: The number of such files.
        sample: The keys of some chunks with their sizes, spread over the array.
        smallest: Size and key of the smallest chunk.
    """

    node: ArrayNode
    prefix: str
    count: int = 0
    empty: list[str] = field(default_factory=list)
    empty_count: int = 0
    strays: list[str] = field(default_factory=list)
    stray_count: int = 0
    sample: dict[str, int] = field(default_factory=dict)
    smallest: tuple[int, str] | None = None

    def __post_init__(self) -> None:
        self._grid = self.node.grid
        self._one = self._grid.pattern
        self._stride = max(1, self._grid.count // _SPREAD)
        self._next = 0
        self._last: tuple[str, int] | None = None

    @cached_property
    def _lines(self) -> re.Pattern[str]:
        """A pattern of the lines that are keys of chunks."""
        return re.compile(f"^{re.escape(self.prefix)}{self._one.pattern}$", re.ASCII | re.MULTILINE)

    def add(self, keys: Sequence[str], sizes: Sequence[int]) -> None:
        """Count a block of keys below the array."""
        if len(keys) > _FEW:
            text = "\n".join(keys)
            if text.count("\n") == len(keys) - 1 and len(self._lines.findall(text)) == len(keys):
                self._add_chunks(keys, sizes)
                return
        start = len(self.prefix)
        chunks = []
        for key, size in zip(keys, sizes, strict=True):
            relative = key[start:]
            if self._one.fullmatch(relative):
                chunks.append((key, size))
            elif _ANY_CHUNK.fullmatch(relative):
                self.stray_count += 1
                if len(self.strays) < _MAX_KEYS:
                    self.strays.append(key)
        if chunks:
            self._add_chunks(*zip(*chunks, strict=True))

    def _add_chunks(self, keys: Sequence[str], sizes: Sequence[int]) -> None:
        if 0 in sizes:
            found = [key for key, size in zip(keys, sizes, strict=True) if not size]
            self.empty += found[: _MAX_KEYS - len(self.empty)]
            self.empty_count += len(found)
        while self._next < self.count + len(keys):
            position = self._next - self.count
            self.sample[keys[position]] = sizes[position]
            self._next += self._stride
        least = min(sizes)
        if self.smallest is None or least < self.smallest[0]:
            self.smallest = least, keys[list(sizes).index(least)]
        self._last = keys[-1], sizes[-1]
        self.count += len(keys)

    def sampled(self) -> dict[str, int]:
        """The sample with the last and the smallest chunk: keys with sizes."""
        chosen = dict(self.sample)
        if self.smallest:
            chosen[self.smallest[1]] = self.smallest[0]
        if self._last:
            chosen[self._last[0]] = self._last[1]
        return dict(sorted(chosen.items()))

    @property
    def missing_count(self) -> int:
        """Chunks of the grid that do not exist."""
        return self._grid.count - self.count

    def missing(self, files: Mapping[str, FileStat], limit: int) -> list[str]:
        """The keys of the first missing chunks, in C order; empty if the grid is too large."""
        if self._grid.count > _MAX_LOCATED:
            return []
        present = bytearray(self._grid.count)
        start = len(self.prefix)
        for keys, _ in file_columns(files, self.prefix):
            for key in keys:
                if self._one.fullmatch(relative := key[start:]):
                    present[self._grid.position(relative)] = 1
        return [self.prefix + key for key in self._grid.missing(present, limit)]


@dataclass
class StoreCensus:
    """The chunks of all arrays of a store.

    Attributes:
        arrays: The census of each array, by its path.
        unassigned: Folders with files that look like chunks but belong to no array: the first file of each.
    """

    arrays: dict[str, ArrayCensus]
    unassigned: dict[str, str] = field(default_factory=dict)


def count_chunks(
    files: Mapping[str, FileStat],
    prefix: str,
    arrays: Iterable[ArrayNode],
    unreadable: Collection[str] = (),
    inner: tuple[str, ...] = (),
) -> StoreCensus:
    """Count the chunks of a store.

    Args:
        files: The files of the asset.
        prefix: The prefix of the store's keys, empty or ending with ``/``.
        arrays: The arrays of the store.
        unreadable: Prefixes of arrays whose metadata cannot be used; their chunks are not counted.
        inner: Prefixes of stores inside this one; nor are theirs.
    """
    census = StoreCensus({})
    ranges: list[ArrayCensus] = []
    for node in sorted(arrays, key=lambda node: f"{node.path}/"):
        start = f"{prefix}{node.path}/" if node.path else prefix
        if not ranges or not start.startswith(ranges[-1].prefix):  # an array inside an array has no chunks of its own
            ranges.append(ArrayCensus(node, start))
            census.arrays[node.path] = ranges[-1]
    for keys, sizes in file_columns(files, prefix):
        _add_block(census, ranges, keys, sizes)
    for folder in unreadable:
        census.unassigned.pop(folder, None)
    if inner:
        census.unassigned = {folder: key for folder, key in census.unassigned.items() if not folder.startswith(inner)}
    return census


def _add_block(census: StoreCensus, ranges: list[ArrayCensus], keys: Sequence[str], sizes: Sequence[int]) -> None:
    position = 0
    number = bisect_left(ranges, keys[0], key=lambda array: array.prefix)
    number = max(0, number - 1)
    while position < len(keys):
        while number < len(ranges) and _end(ranges[number]) <= keys[position]:
            number += 1
        if number == len(ranges):
            _add_unassigned(census, keys[position:])
            return
        start = bisect_left(keys, ranges[number].prefix, position)
        _add_unassigned(census, keys[position:start])
        position = bisect_left(keys, _end(ranges[number]), start)
        if position > start:
            ranges[number].add(keys[start:position], sizes[start:position])
        if position < len(keys):
            number += 1


def _end(array: ArrayCensus) -> str:
    """The first key after all keys of an array."""
    return f"{array.prefix[:-1]}0" if array.prefix else chr(0x10FFFF)


def _add_unassigned(census: StoreCensus, keys: Sequence[str]) -> None:
    for key in keys:
        if key.rpartition("/")[2] not in METADATA_FILES and _LAST_PART_OF_CHUNK.search(key):
            match = _CHUNK_PATH.search(key)
            folder = key[: match.start()] if match else f"{key.rpartition('/')[0]}/"
            census.unassigned.setdefault(folder, key)


def chunk_keys(files: Mapping[str, FileStat], census: ArrayCensus) -> Iterator[tuple[str, int]]:
    """Every chunk of an array: key and size."""
    start = len(census.prefix)
    for keys, sizes in file_columns(files, census.prefix):
        for key, size in zip(keys, sizes, strict=True):
            if census._one.fullmatch(key[start:]):
                yield key, size
