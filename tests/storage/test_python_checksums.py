"""Checksums without awscrt are those of awscrt."""

from __future__ import annotations

import random

import pytest
from awscrt import checksums

from aind_lint.storage import python_checksums

SIZES = [0, 1, 255, 256, 257, 4096, 70_000, (1 << 20) + 513]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["crc64nvme", "crc32c"])
def test_checksums_of_any_size(name: str, size: int) -> None:
    content = random.Random(size).randbytes(size)
    expected, computed = getattr(checksums, name), getattr(python_checksums, name)
    assert computed(content) == expected(content)
    assert computed(memoryview(content), 123_456_789) == expected(content, 123_456_789)


@pytest.mark.parametrize("size", [0, 1, 300, 5 << 40])
@pytest.mark.parametrize("name", ["combine_crc64nvme", "combine_crc32c"])
def test_combined_checksums(name: str, size: int) -> None:
    first, second = 0xFFFF_1234, 0x0BAD_CAFE if size else 0
    assert getattr(python_checksums, name)(first, second, size) == getattr(checksums, name)(first, second, size)
