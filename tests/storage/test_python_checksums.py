"""Checksums without awscrt are those of awscrt."""

from __future__ import annotations

import random

import pytest
from awscrt import checksums
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.storage import python_checksums

SIZES = [0, 1, 255, 256, 257, 4096, 70_000, (1 << 20) + 513]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["crc64nvme", "crc32c"])
def test_checksums_of_any_size(name: str, size: int) -> None:
    content = random.Random(size).randbytes(size)
    expected, computed = getattr(checksums, name), getattr(python_checksums, name)
    assert computed(content) == expected(content)
    assert computed(memoryview(content), 123_456_789) == expected(content, 123_456_789)


@given(st.binary(max_size=600), st.binary(max_size=600))
@pytest.mark.parametrize("name", ["crc64nvme", "crc32c"])
def test_combined_checksums_are_those_of_the_whole(name: str, first: bytes, second: bytes) -> None:
    whole, combine = getattr(checksums, name), getattr(python_checksums, f"combine_{name}")
    assert combine(whole(first), whole(second), len(second)) == whole(first + second)


# awscrt for Windows needs hours for this size; the numbers are those of awscrt for Linux.
@pytest.mark.parametrize(
    ("name", "combined"), [("combine_crc64nvme", 0x09E9_D408_A4FD_1577), ("combine_crc32c", 0x5297_6EFB)]
)
def test_checksums_of_five_tebibytes_are_combined_at_once(name: str, combined: int) -> None:
    assert getattr(python_checksums, name)(0xFFFF_1234, 0x0BAD_CAFE, 5 << 40) == combined
