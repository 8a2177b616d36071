"""Sorted rows of a key and a few numbers, for assets of a million files: blocks of rows, most of them on disk.

A million rows take 2.0 s of CPU and 20 MB; a list and a dictionary 1.7 s and 266 MB, SQLite 3.1 s and 2 MB
(docs/decisions/0003-sorted-tables.md). Keys are ordered by code points, which is also the order of their UTF-8 bytes.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property, lru_cache, partial
from itertools import chain, islice
from operator import itemgetter
from typing import Any, Generic, TypeVar

from aind_lint.storage.blob_spool import BlobSpool

#: A key, and one number per column of the table.
Row = tuple[Any, ...]

_Left = TypeVar("_Left", bound=Row)
_Right = TypeVar("_Right", bound=Row)
_Table = TypeVar("_Table", bound="SortedTable")
_Value = TypeVar("_Value")

#: Rows of a block, and rows that are sorted in memory at once.
_ROWS_PER_BLOCK, _ROWS_PER_CHUNK = 512, 64 * 512
#: Decoded blocks that are kept.
_CACHED_BLOCKS = 8
_SEPARATOR = "\0"  # the only character that neither file names nor keys can contain

_key_of = itemgetter(0)


class SortedTable(Mapping[str, Any]):
    """A mapping of keys to tuples of numbers, iterated in the order of the keys."""

    def __init__(self, rows: Iterable[Row] = (), columns: str = "", spool: BlobSpool | None = None) -> None:
        """A table of rows that are already sorted, each key once.

        Args:
            rows: The rows.
            columns: The type of each number, as a type code of `array`; each takes 64 bits.
            spool: Stores the blocks; tables can share one.
        """
        self._columns = columns
        if spool is not None:
            self.spool = spool
        self._first_keys: list[str] = []
        self._first_rows: list[int] = []
        self._blobs: list[int] = []
        self._length = 0
        self.last_key = ""
        if rows:
            self.extend(rows)

    @classmethod
    def of(cls: type[_Table], rows: Iterable[Row], columns: str = "") -> _Table:
        """A table of rows in any order, each key once."""
        sorter = Sorter(cls, columns)
        for row in rows:
            sorter.add(row)
        return sorter.table()

    def extend(self, rows: Iterable[Row]) -> None:
        """Append rows whose keys are greater than all others.

        Raises:
            ValueError: A key contains a null character.
            UsageError: The folder for temporary files is full or cannot be written.
        """
        remaining = iter(rows)
        while block := list(islice(remaining, _ROWS_PER_BLOCK)):
            keys, *numbers = zip(*block, strict=True)
            self._append(keys, numbers)

    def extend_columns(self, keys: Sequence[str], *numbers: Sequence[int]) -> None:
        """Append rows as `extend` does, given as columns, which takes a third of the time."""
        for start in range(0, len(keys), _ROWS_PER_BLOCK):
            end = start + _ROWS_PER_BLOCK
            self._append(keys[start:end], [column[start:end] for column in numbers])

    def _append(self, keys: Sequence[str], numbers: Sequence[Sequence[int]]) -> None:
        """Append a block."""
        text = _SEPARATOR.join(keys)
        if text.count(_SEPARATOR) != len(keys) - 1:
            raise ValueError("a key contains a null character")
        raw = text.encode("utf-8", "surrogatepass")
        columns = (array(code, values) for code, values in zip(self._columns, numbers, strict=True))
        self._first_keys.append(keys[0])
        self._first_rows.append(self._length)
        self._blobs.append(self.spool.add(raw + b"".join(column.tobytes() for column in columns)))
        self._length += len(keys)
        vars(self).pop("_values_of_small_table", None)
        self.last_key = keys[-1]

    def rows(self) -> Iterator[Row]:
        """Every row, sorted."""
        for number in range(len(self._first_keys)):
            yield from zip(*self._block(self._decode_once, number), strict=True)

    def rows_from(self, key: str) -> Iterator[Row]:
        """Every row whose key is ``key`` or greater."""
        number = max(bisect_right(self._first_keys, key) - 1, 0)
        if number < len(self._first_keys):
            block = self._block(self._cached_block, number)
            yield from islice(zip(*block, strict=True), bisect_left(block[0], key), None)
            for following in range(number + 1, len(self._first_keys)):
                yield from zip(*self._block(self._decode_once, following), strict=True)

    def blocks(self) -> Iterator[list[str]]:
        """Every key, sorted, in lists of up to 512."""
        return (self._block(self._decode_once, number)[0] for number in range(len(self._first_keys)))

    def keys_from(self, key: str, containing: str = "") -> Iterator[str]:
        """Every key that is ``key`` or greater.

        Args:
            key: The first key.
            containing: A text. A block of 512 keys without it is left out and not decoded, so a search for a rare text
                takes a tenth of the time.
        """
        text = containing.encode("utf-8", "surrogatepass")
        first = max(bisect_right(self._first_keys, key) - 1, 0)
        for number in range(first, len(self._first_keys)):
            if not text or text in self.spool[self._blobs[number]]:
                keys = self._block(self._decode_once, number)[0]
                yield from islice(keys, bisect_left(keys, key), None) if number == first else keys

    def columns_from(self, key: str) -> Iterator[tuple[Any, ...]]:
        """The columns, the keys first, of every row whose key is ``key`` or greater, in blocks of up to 512 rows."""
        number = max(bisect_right(self._first_keys, key) - 1, 0)
        if number < len(self._first_keys):
            block = self._block(self._cached_block, number)
            first = bisect_left(block[0], key)
            if first < len(block[0]):
                yield tuple(column[first:] for column in block)
            for following in range(number + 1, len(self._first_keys)):
                yield self._block(self._decode_once, following)

    def index(self, key: str) -> int:
        """The position of a key; -1 when the table does not contain it."""
        number, position, _ = self._find(key)
        return -1 if position < 0 else self._first_rows[number] + position

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.blocks())

    def __contains__(self, key: object) -> bool:
        if self._length <= _ROWS_PER_BLOCK:
            return key in self._values_of_small_table
        return isinstance(key, str) and self._find(key)[1] >= 0

    def __getitem__(self, key: str) -> Any:
        if self._length <= _ROWS_PER_BLOCK:
            return self._values_of_small_table[key]
        _, position, block = self._find(key)
        if position < 0:
            raise KeyError(key)
        return self._value([column[position] for column in block[1:]])

    @cached_property
    def spool(self) -> BlobSpool:
        """Stores the blocks. Most tables of an asset are empty and need none."""
        return BlobSpool()

    @cached_property
    def _cached_block(self) -> Callable[[int, int], Any]:
        """Decodes a block, unless it is one of the latest. Most tables of an asset are empty and need it never."""
        return lru_cache(_CACHED_BLOCKS)(partial(_decode_block, self.spool, self._columns))

    @cached_property
    def _values_of_small_table(self) -> dict[str, Any]:
        """The values of a table with few rows by key: the rules ask for many keys of an asset."""
        return dict(self.items())

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key; ``default`` when the table does not contain it."""
        if self._length <= _ROWS_PER_BLOCK:
            return self._values_of_small_table.get(key, default)
        _, position, block = self._find(key)
        return default if position < 0 else self._value([column[position] for column in block[1:]])

    def items(self) -> ItemsView[str, Any]:
        """Keys with their values, without a search for each key."""
        return _Items(self)

    def values(self) -> ValuesView[Any]:
        """The values, without a search for each key."""
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SortedTable):
            return len(self) == len(other) and all(a == b for a, b in zip(self.rows(), other.rows(), strict=True))
        return Mapping.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]

    #: Converts the numbers of a row to the value of its key.
    _value: Callable[[Iterable[int]], Any] = tuple

    def _find(self, key: str) -> tuple[int, int, Any]:
        """The number of the block of a key, its position in the block (-1 if absent), and the block."""
        number = bisect_right(self._first_keys, key) - 1
        if number < 0:
            return 0, -1, ()
        block = self._block(self._cached_block, number)
        position = bisect_left(block[0], key)
        found = position < len(block[0]) and block[0][position] == key
        return number, position if found else -1, block

    @property
    def _decode_once(self) -> Callable[[int, int], Any]:
        """How a pass over all blocks decodes them; those of a small table stay decoded, as each rule passes over it."""
        if len(self._first_keys) <= _CACHED_BLOCKS:
            return self._cached_block
        return partial(_decode_block, self.spool, self._columns)

    def _block(self, decode: Callable[[int, int], Any], number: int) -> Any:
        end = self._first_rows[number + 1] if number + 1 < len(self._first_rows) else self._length
        return decode(self._blobs[number], end - self._first_rows[number])


def _decode_block(spool: BlobSpool, columns: str, blob: int, rows: int) -> tuple[Any, ...]:
    """The columns of a block, the keys first."""
    raw = spool[blob]
    end = len(raw) - 8 * rows * len(columns)
    numbers = (array(code, raw[end + 8 * rows * i : end + 8 * rows * (i + 1)]) for i, code in enumerate(columns))
    return (raw[:end].decode("utf-8", "surrogatepass").split(_SEPARATOR), *numbers)


class _Items(ItemsView[str, Any]):
    _mapping: SortedTable

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((key, self._mapping._value(numbers)) for key, *numbers in self._mapping.rows())


class _Values(ValuesView[Any]):
    _mapping: SortedTable

    def __iter__(self) -> Iterator[Any]:
        return (self._mapping._value(numbers) for _, *numbers in self._mapping.rows())


def sorted_items(mapping: Mapping[str, _Value]) -> Iterable[tuple[str, _Value]]:
    """The items of a mapping, sorted by key."""
    return mapping.items() if isinstance(mapping, SortedTable) else sorted(mapping.items())


class Sorter(Generic[_Table]):
    """Builds a table of rows in any order; the more of them are sorted, the faster."""

    def __init__(self, table_type: type[_Table], columns: str = "") -> None:
        self._table_type = table_type
        self._columns = columns
        self._runs: list[_Table] = []
        self._chunk: list[Row] = []

    def add(self, row: Row) -> None:
        """Add a row with a new key."""
        self._chunk.append(row)
        if len(self._chunk) == _ROWS_PER_CHUNK:
            self._sort_chunk()

    def table(self) -> _Table:
        """The table of all rows."""
        self._sort_chunk()
        if len(self._runs) == 1:
            return self._runs[0]
        if not self._runs:
            return self._table_type((), self._columns)
        return self._table_type(heapq.merge(*(run.rows() for run in self._runs), key=_key_of), self._columns)

    def _sort_chunk(self) -> None:
        if self._chunk:
            chunk, self._chunk = sorted(self._chunk, key=_key_of), []
            run = next((run for run in self._runs if run.last_key < chunk[0][0]), None)
            if run is None:
                run = self._table_type((), self._columns, self._runs[0].spool if self._runs else None)
                self._runs.append(run)
            run.extend(chunk)


def merge_join(left: Iterable[_Left], right: Iterable[_Right]) -> Iterator[tuple[_Left | None, _Right | None]]:
    """The rows of two sorted tables, paired by key; None for a row that is missing."""
    left_rows, right_rows = iter(left), iter(right)
    one, other = next(left_rows, None), next(right_rows, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield one, None
            one = next(left_rows, None)
        elif one is None or other[0] < one[0]:
            yield None, other
            other = next(right_rows, None)
        else:
            yield one, other
            one, other = next(left_rows, None), next(right_rows, None)
