"""How a check limits its own findings: the first twenty faults one by one, the rest as one fault with their number.

An asset may have a million files with the same fault. A verb passes its faults through one of two functions:

* `report_limited`, for faults that the verb makes itself, in their order;
* `report_limited_keys`, for keys of files and folders, which it sorts and turns into faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import nsmallest
from itertools import islice

from aind_lint.engine.rules.verb import Fault

#: Faults that are reported one by one.
FAULT_LIMIT = 20
_KEYS = "more files or folders like this"


def report_limited(
    faults: Iterable[Fault], remainder: str = _KEYS, file: str | None = None, limit: int = FAULT_LIMIT
) -> Iterator[Fault]:
    """The first faults, then one fault with the number of the others.

    Args:
        faults: All faults; those beyond the limit are counted and dropped.
        remainder: The others, after their number: "more files or folders like this".
        file: The file in which the others are.
        limit: Faults that are reported one by one.
    """
    faults = iter(faults)
    yield from islice(faults, limit)
    if rest := sum(1 for _ in faults):
        yield Fault(f"{rest:,} {remainder}", file, found=f"{rest}")


def report_limited_keys(
    offenders: Iterable[tuple[str, int]], describe: Callable[[str], str], limit: int = FAULT_LIMIT
) -> Iterator[Fault]:
    """Faults of files and folders, sorted by key; memory grows with the limit, not with the number of offenders.

    Args:
        offenders: Their keys, each with the number of files concerned.
        describe: What is wrong with a key: the end of the sentence that begins with the key.
        limit: Faults that are reported one by one.
    """
    counted = _Counted(offenders)
    for key, concerned in nsmallest(limit, counted):
        files = f" ({concerned:,} files)" if concerned > 1 else ""
        yield Fault(f"{key} {describe(key)}{files}", key, found=key)
    if counted.count > limit:
        rest = counted.count - limit
        yield Fault(f"{rest:,} {_KEYS}", found=f"{rest}")


class _Counted:
    """Counts what is iterated over."""

    def __init__(self, offenders: Iterable[tuple[str, int]]) -> None:
        self._offenders = offenders
        self.count = 0

    def __iter__(self) -> Iterator[tuple[str, int]]:
        for offender in self._offenders:
            self.count += 1
            yield offender
