"""CRC64NVME and CRC32C without awscrt, which has no wheel for Windows on ARM: about 40 MB/s instead of 28 GB/s.

CRCs are combined here everywhere: on Windows awscrt needs 9 s for each GiB of the second content.

The functions have the names and parameters of ``awscrt.checksums``. Many rows of a block are processed side by side:
the states of all rows are eight (or four) columns of bytes, so that one step for all rows is a few operations on long
byte strings. The CRCs of the rows are then combined.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

#: Bytes of a row, and bytes that are processed together; more would not fit into a processor's cache.
_ROW, _BLOCK = 256, 1 << 20


class _Crc:
    """A CRC whose bits are reflected and inverted, such as both of S3."""

    def __init__(self, width: int, polynomial: int) -> None:
        """``width`` is in bytes; ``polynomial`` is reflected."""
        self._width = width
        self._polynomial = polynomial
        self._ones = (1 << 8 * width) - 1

    def update(self, data: bytes | bytearray | memoryview, previous: int) -> int:
        """The CRC of what ``previous`` is the CRC of, followed by ``data``."""
        content = bytes(data)
        crc = previous ^ self._ones
        for start in range(0, len(content), _BLOCK):
            block = content[start : start + _BLOCK]
            rows = len(block) // _ROW
            for row in self._rows(block, rows):
                crc = self._after_row(crc) ^ row
            for byte in block[rows * _ROW :]:
                crc = self._table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        return crc ^ self._ones

    def combine(self, first: int, second: int, size: int) -> int:
        """The CRC of two contents, from their CRCs and the size of the second."""
        return self._multiply(self._power(size), first) ^ second if first else second

    @cached_property
    def _table(self) -> list[int]:
        """The states after each byte."""
        states = list(range(256))
        for _ in range(8):
            states = [(state >> 1) ^ (self._polynomial if state & 1 else 0) for state in states]
        return states

    @cached_property
    def _columns(self) -> list[bytes]:
        """The bytes of the states of `_table`, as translation tables."""
        return [bytes(state >> 8 * number & 0xFF for state in self._table) for number in range(self._width)]

    @cached_property
    def _row_tables(self) -> list[list[int]]:
        """For each byte of a state, what it contributes to the state a row of zeros later."""
        factor = self._power(_ROW)
        return [[self._multiply(factor, byte << 8 * number) for byte in range(256)] for number in range(self._width)]

    def _after_row(self, state: int) -> int:
        """The state after a row of zeros."""
        later = 0
        for table in self._row_tables:
            later ^= table[state & 0xFF]
            state >>= 8
        return later

    def _rows(self, block: bytes, rows: int) -> list[int]:
        """The state after each row, from a state of zero."""
        low = (1 << 8 * rows) - 1
        states = 0
        for offset in range(_ROW if rows else 0):
            entered = int.from_bytes(block[offset : rows * _ROW : _ROW], "little") ^ (states & low)
            index = entered.to_bytes(rows, "little")
            moved = b"".join([index.translate(column) for column in self._columns])
            states = (states >> 8 * rows) ^ int.from_bytes(moved, "little")
        raw = states.to_bytes(self._width * rows, "little")
        columns = [raw[number * rows : (number + 1) * rows] for number in range(self._width)]
        return [int.from_bytes(state, "little") for state in zip(*columns, strict=True)]

    @lru_cache(maxsize=8)  # noqa: B019 - of two objects that last as long as the process; parts have one size or two
    def _power(self, size: int) -> int:
        """The polynomial that moves a state over ``size`` bytes of zeros."""
        result, power = 1 << 8 * self._width - 1, 1 << 8 * self._width - 9
        while size:
            if size & 1:
                result = self._multiply(power, result)
            power = self._multiply(power, power)
            size >>= 1
        return result

    def _multiply(self, first: int, second: int) -> int:
        """The product of two polynomials, modulo that of the CRC."""
        product, bit = 0, 1 << 8 * self._width - 1
        while bit:
            if first & bit:
                product ^= second
            second = (second >> 1) ^ (self._polynomial if second & 1 else 0)
            bit >>= 1
        return product


_CRC64NVME = _Crc(8, 0x9A6C9329AC4BC9B5)
_CRC32C = _Crc(4, 0x82F63B78)


def crc64nvme(data: bytes | bytearray | memoryview, previous: int = 0) -> int:
    """The CRC64NVME of ``data``, continuing from ``previous``."""
    return _CRC64NVME.update(data, previous)


def crc32c(data: bytes | bytearray | memoryview, previous: int = 0) -> int:
    """The CRC32C of ``data``, continuing from ``previous``."""
    return _CRC32C.update(data, previous)


def combine_crc64nvme(first: int, second: int, size: int) -> int:
    """The CRC64NVME of two contents, from their CRCs and the size of the second in bytes."""
    return _CRC64NVME.combine(first, second, size)


def combine_crc32c(first: int, second: int, size: int) -> int:
    """The CRC32C of two contents, from their CRCs and the size of the second in bytes."""
    return _CRC32C.combine(first, second, size)
