"""Sorted rows of a key and a few numbers, for assets of a million files: in blocks, of which few are in memory.

The order is that of code points, which is also that of the UTF-8 bytes.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from functools import lru_cache, partial
from itertools import chain, islice
from operator import itemgetter
from typing import Any, Generic, TypeVar

from aind_lint.storage.blob_spool import BlobSpool

#: A key, and numbers as many as the table has columns.
Row = tuple[Any, ...]

_R = TypeVar("_R", bound=Row)
_S = TypeVar("_S", bound=Row)
_T = TypeVar("_T", bound="SortedTable")
_V = TypeVar("_V")

#: Rows of a block, and rows that are sorted at once.
_BLOCK, _CHUNK = 512, 64 * 512
#: Blocks that are at hand for searches.
_AT_HAND = 8
_SEPARATOR = "\0"  # the one character that no file system and no key can hold

_key_of = itemgetter(0)


class SortedTable(Mapping[str, Any]):
    """Rows by key; iteration is sorted. What a key leads to is the tuple of its numbers."""

    def __init__(self, rows: Iterable[Row] = (), columns: str = "", spool: BlobSpool | None = None) -> None:
        """A table of rows that come sorted and without repetition.

        Args:
            rows: The rows.
            columns: The type of each number, as `array` names it; all of 64 bits.
            spool: Where the blocks are kept; tables can share one.
        """
        self._columns = columns
        self._spool = spool or BlobSpool()
        self._firsts: list[str] = []
        self._starts = array("Q")
        self._pieces = array("Q")
        self._length = 0
        self.last = ""
        self._decoded = partial(_decoded, self._spool, columns)
        self._at_hand = lru_cache(_AT_HAND)(self._decoded)
        self.extend(rows)

    @classmethod
    def of(cls: type[_T], rows: Iterable[Row], columns: str = "") -> _T:
        """The table of rows in any order."""
        sorter = Sorter(cls, columns)
        for row in rows:
            sorter.add(row)
        return sorter.table()

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows that come after all others."""
        coming = iter(rows)
        while block := list(islice(coming, _BLOCK)):
            keys, *numbers = zip(*block, strict=True)
            text = _SEPARATOR.join(keys)
            if text.count(_SEPARATOR) != len(keys) - 1:
                raise ValueError("a key holds a null character")
            raw = text.encode("utf-8", "surrogatepass")
            columns = (array(kind, values) for kind, values in zip(self._columns, numbers, strict=True))
            self._firsts.append(keys[0])
            self._starts.append(self._length)
            self._pieces.append(self._spool.add(raw + b"".join(column.tobytes() for column in columns)))
            self._length += len(block)
            self.last = keys[-1]

    def rows(self) -> Iterator[Row]:
        """Every row."""
        for number in range(len(self._firsts)):
            yield from zip(*self._block(self._decoded, number), strict=True)

    def rows_from(self, key: str) -> Iterator[Row]:
        """The row of a key, if it has one, and every row that comes after it."""
        number = max(bisect_right(self._firsts, key) - 1, 0)
        if number < len(self._firsts):
            block = self._block(self._at_hand, number)
            yield from islice(zip(*block, strict=True), bisect_left(block[0], key), None)
            for later in range(number + 1, len(self._firsts)):
                yield from zip(*self._block(self._decoded, later), strict=True)

    def blocks(self) -> Iterator[list[str]]:
        """Every key, some hundreds of them at once."""
        return (self._block(self._decoded, number)[0] for number in range(len(self._firsts)))

    def index(self, key: str) -> int:
        """The position of a key; -1 when it is not there."""
        number, place, _ = self._find(key)
        return -1 if place < 0 else self._starts[number] + place

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.blocks())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key)[1] >= 0

    def __getitem__(self, key: str) -> Any:
        _, place, block = self._find(key)
        if place < 0:
            raise KeyError(key)
        return self._value([column[place] for column in block[1:]])

    def items(self) -> ItemsView[str, Any]:
        """Keys and what they lead to, without a search for each."""
        return _Items(self)

    def values(self) -> ValuesView[Any]:
        """What the keys lead to, without a search for each."""
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SortedTable):
            return len(self) == len(other) and all(a == b for a, b in zip(self.rows(), other.rows(), strict=True))
        return Mapping.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]

    #: Makes of a row's numbers what its key leads to.
    _value: Callable[[Iterable[int]], Any] = tuple

    def _find(self, key: str) -> tuple[int, int, Any]:
        """The number of a key's block, its place in there (-1 when it is not there), and the block."""
        number = bisect_right(self._firsts, key) - 1
        if number < 0:
            return 0, -1, ()
        block = self._block(self._at_hand, number)
        place = bisect_left(block[0], key)
        return number, place if place < len(block[0]) and block[0][place] == key else -1, block

    def _block(self, decoded: Any, number: int) -> Any:
        end = self._starts[number + 1] if number + 1 < len(self._starts) else self._length
        return decoded(self._pieces[number], end - self._starts[number])


def _decoded(spool: BlobSpool, columns: str, piece: int, rows: int) -> tuple[Any, ...]:
    """The columns of a block, the keys first."""
    raw = spool[piece]
    text = len(raw) - 8 * rows * len(columns)
    numbers = (array(kind, raw[text + 8 * rows * at : text + 8 * rows * (at + 1)]) for at, kind in enumerate(columns))
    return (raw[:text].decode("utf-8", "surrogatepass").split(_SEPARATOR), *numbers)


class _Items(ItemsView[str, Any]):
    _mapping: SortedTable

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((key, self._mapping._value(numbers)) for key, *numbers in self._mapping.rows())


class _Values(ValuesView[Any]):
    _mapping: SortedTable

    def __iter__(self) -> Iterator[Any]:
        return (self._mapping._value(numbers) for _, *numbers in self._mapping.rows())


def sorted_items(mapping: Mapping[str, _V]) -> Iterable[tuple[str, _V]]:
    """Keys and values of a mapping, sorted by key."""
    return mapping.items() if isinstance(mapping, SortedTable) else sorted(mapping.items())


class Sorter(Generic[_T]):
    """Makes a table of rows that come in any order; the better they are sorted, the faster."""

    def __init__(self, kind: type[_T], columns: str = "") -> None:
        self._kind = kind
        self._columns = columns
        self._spool = BlobSpool()
        self._runs: list[_T] = []
        self._chunk: list[Row] = []

    def add(self, row: Row) -> None:
        """Add a row whose key has not come before."""
        self._chunk.append(row)
        if len(self._chunk) == _CHUNK:
            self._sort_chunk()

    def table(self) -> _T:
        """The table of all rows."""
        self._sort_chunk()
        if len(self._runs) == 1:
            return self._runs[0]
        return self._kind(heapq.merge(*(run.rows() for run in self._runs), key=_key_of), self._columns)

    def _sort_chunk(self) -> None:
        chunk, self._chunk = sorted(self._chunk, key=_key_of), []
        if chunk:
            run = next((run for run in self._runs if run.last < chunk[0][0]), None)
            if run is None:
                run = self._kind((), self._columns, self._spool)
                self._runs.append(run)
            run.extend(chunk)


def merge_join(ours: Iterable[_R], theirs: Iterable[_S]) -> Iterator[tuple[_R | None, _S | None]]:
    """The rows of two sorted tables by key; None where one of them has none."""
    left, right = iter(ours), iter(theirs)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield one, None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)
