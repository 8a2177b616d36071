"""Telling many faults of one kind: the first ones one by one, the rest in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import nsmallest
from itertools import islice

from aind_lint.engine.rules.verb import Fault

#: Faults that are told one by one.
SHOWN = 20


def report_limited(
    culprits: Iterable[tuple[str, int]], say: Callable[[str], str], shown: int = SHOWN
) -> Iterator[Fault]:
    """Faults of files and folders; there may be a million, of which few are kept.

    Args:
        culprits: Their keys, with how many files each concerns.
        say: What is wrong with one: the end of the sentence that its key begins.
        shown: How many are told one by one.
    """
    counted = _Counted(culprits)
    for key, concerned in nsmallest(shown, counted):
        files = f" ({concerned:,} files)" if concerned > 1 else ""
        yield Fault(f"{key} {say(key)}{files}", key, found=key)
    if counted.count > shown:
        rest = counted.count - shown
        yield Fault(f"{rest:,} more files or folders are like that", found=f"{rest}")


def report_first(faults: Iterator[Fault], shown: int = SHOWN) -> Iterator[Fault]:
    """The first faults, and how many more there are."""
    yield from islice(faults, shown)
    if rest := sum(1 for _ in faults):
        yield Fault(f"{rest:,} more files or folders are like that", found=f"{rest}")


class _Counted:
    def __init__(self, culprits: Iterable[tuple[str, int]]) -> None:
        self._culprits = culprits
        self.count = 0

    def __iter__(self) -> Iterator[tuple[str, int]]:
        for culprit in self._culprits:
            self.count += 1
            yield culprit
