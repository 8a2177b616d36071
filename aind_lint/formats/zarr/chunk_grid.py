"""The chunks of an array: how many there are, and which keys they have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod


@dataclass(frozen=True)
class ChunkGrid:
    """The grid of the chunks of one array.

    Attributes:
        shape: Items in each dimension.
        chunks: Items of a chunk in each dimension.
        separator: Between the indices in a key: ``.`` or ``/``.
        prefix: ``c`` in the default encoding of Zarr v3, empty otherwise.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    separator: str
    prefix: str = ""

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Chunks in each dimension."""
        return tuple(-(-size // chunk) for size, chunk in zip(self.shape, self.chunks, strict=True))

    @property
    def count(self) -> int:
        """The number of chunks."""
        return prod(self.lengths)

    def key(self, index: tuple[int, ...]) -> str:
        """The key of a chunk, relative to its array."""
        if not index:
            return self.prefix or "0"
        return self.separator.join([*([self.prefix] if self.prefix else []), *map(str, index)])

    @property
    def pattern(self) -> re.Pattern[str]:
        """A pattern of the keys of all chunks of the grid."""
        return _key_pattern(self.lengths, self.separator, self.prefix)

    def position(self, key: str) -> int:
        """The position, in C order, of a chunk whose key matches `pattern`."""
        text = key[len(self.prefix) + len(self.separator) :] if self.prefix and self.lengths else key
        position = 0
        for number, length in zip(text.split(self.separator), self.lengths, strict=False):
            position = position * length + int(number)
        return position

    def missing(self, present: bytearray, limit: int) -> Iterator[str]:
        """The keys of the first chunks that are absent.

        Args:
            present: One byte per chunk in C order, 1 for a chunk that exists.
            limit: The maximum number of keys.
        """
        position = present.find(0)
        while position >= 0 and limit > 0:
            yield self.key(self._index(position))
            limit -= 1
            position = present.find(0, position + 1)

    def _index(self, position: int) -> tuple[int, ...]:
        """The index of the chunk at a position in C order."""
        index = []
        for length in reversed(self.lengths):
            position, number = divmod(position, length)
            index.append(number)
        return tuple(reversed(index))


@lru_cache(256)
def _key_pattern(lengths: tuple[int, ...], separator: str, prefix: str) -> re.Pattern[str]:
    """See `ChunkGrid.pattern`. Most arrays of a file have grids of the same lengths: those of one chunk."""
    parts = [re.escape(prefix)] if prefix else []
    text = re.escape(separator).join([*parts, *map(_below, lengths)]) if lengths else re.escape(prefix or "0")
    return re.compile(text, re.ASCII)


@lru_cache(256)
def _below(limit: int) -> str:
    """A regular expression of the decimal numbers below a limit, without leading zeros."""
    if limit <= 1:
        return "0" if limit == 1 else r"(?!)"
    digits = str(limit - 1)
    alternatives = ["0"] if len(digits) > 1 else []
    if len(digits) == 1:
        return f"[0-{digits}]"
    if len(digits) > 2:
        alternatives.append(rf"[1-9][0-9]{{0,{len(digits) - 2}}}")
    else:
        alternatives.append("[1-9]")
    for place, digit in enumerate(digits):
        lowest = 1 if place == 0 else 0
        remaining = len(digits) - place - 1
        if int(digit) > lowest:
            tail = f"[0-9]{{{remaining}}}" if remaining else ""
            alternatives.append(f"{digits[:place]}[{lowest}-{int(digit) - 1}]{tail}")
    alternatives.append(digits)
    return f"(?:{'|'.join(alternatives)})"
