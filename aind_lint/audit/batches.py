"""Consecutive items in batches that do not exceed a size: units of work, sidecars in memory, parts of keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def split_by_size(
    items: Iterable[Item], size_of: Callable[[Item], int], max_size: int, max_items: int | None = None
) -> Iterator[list[Item]]:
    """Batches of consecutive items; a single item can be larger than a batch.

    Args:
        items: The items, taken one by one.
        size_of: The size of an item.
        max_size: The largest sum of the sizes in a batch.
        max_items: The most items of a batch; None without a limit.
    """
    batch: list[Item] = []
    total = 0
    for item in items:
        size = size_of(item)
        if batch and (total + size > max_size or len(batch) == max_items):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size
    if batch:
        yield batch
