"""How a check limits its own findings: the first twenty faults one by one, the rest as one fault with their number.

An asset may have a million files with the same fault. A verb passes its faults through one of three functions:

* `report_limited`, for faults that the verb makes itself, in their order;
* `report_first`, for faults that take long to describe, such as those with a suggestion;
* `report_limited_keys`, for keys of files and folders, which it sorts and turns into faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import chain
from typing import TypeVar

from aind_lint.engine.rules.verb import Fault, Unchecked

#: Faults that are reported one by one.
FAULT_LIMIT = 20
_KEYS = "more files or folders like this"

_Result = TypeVar("_Result", bound=Fault | Unchecked)
_Item = TypeVar("_Item")


def report_limited(
    results: Iterable[_Result], remainder: str = _KEYS, file: str | None = None, limit: int = FAULT_LIMIT
) -> Iterator[_Result | Fault]:
    """The first faults, then one fault with the number of the others.

    Args:
        results: All faults; those beyond the limit are counted and dropped. Everything unchecked is passed on.
        remainder: The others, after their number: "more files or folders like this".
        file: The file in which the others are.
        limit: Faults that are reported one by one.
    """
    count = 0
    for result in results:
        count += isinstance(result, Fault)
        if count <= limit or isinstance(result, Unchecked):
            yield result
    if count > limit:
        yield Fault(f"{count - limit:,} {remainder}", file, found=f"{count - limit}")


def report_first(
    items: Sequence[_Item], describe: Callable[[_Item], Fault], remainder: str, file: str | None
) -> Iterator[Fault]:
    """A fault for each of the first items, then one with the number of the others.

    Args:
        items: What is wrong.
        describe: The fault of one item; it is not called for those beyond the limit.
        remainder: The others, after their number.
        file: The file in which the others are.
    """
    yield from map(describe, items[:FAULT_LIMIT])
    if (rest := len(items) - FAULT_LIMIT) > 0:
        yield Fault(f"{rest:,} {remainder}", file, found=f"{rest}")


def report_limited_keys(
    matching: Iterable[tuple[str, int]], describe: Callable[[str], str], limit: int = FAULT_LIMIT
) -> Iterator[Fault]:
    """Faults of files and folders, sorted by key; memory grows with the limit, not with the number of faults.

    Args:
        matching: Their keys, each with the number of files concerned.
        describe: What is wrong with a key: the end of the sentence that begins with the key.
        limit: Faults that are reported one by one.
    """
    rows = iter(matching)
    first = next(rows, None)
    if first is None:  # nearly always, and then sorting is a third of the cost of a rule
        return
    counted = _Counted(chain([first], rows))
    for key, concerned in nsmallest(limit, counted):
        files = f" ({concerned:,} files)" if concerned > 1 else ""
        yield Fault(f"{key} {describe(key)}{files}", key, found=key)
    if counted.count > limit:
        rest = counted.count - limit
        yield Fault(f"{rest:,} {_KEYS}", found=f"{rest}")


class _Counted:
    """Counts what is iterated over."""

    def __init__(self, rows: Iterable[tuple[str, int]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[tuple[str, int]]:
        for row in self._rows:
            self.count += 1
            yield row
