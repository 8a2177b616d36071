"""Units of work that workers take, and what becomes of the unit of a worker that died."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from math import ceil, sqrt
from typing import NamedTuple

from aind_lint.app.auditing.judges.unit_messages import tasks_to_json, units
from aind_lint.audit.asset_task import AssetTask

#: How often an asset is tried whose worker dies.
MAX_TRIES = 3


class UnitResult(NamedTuple):
    """What became of a unit.

    Attributes:
        number: Its number.
        answer: The JSON that `judge_unit` returned; None if its worker died.
        reason: Why there is no answer.
    """

    number: int
    answer: str | None
    reason: str = ""


class UnitQueue(Iterator[tuple[int, str]]):
    """Numbers and tasks as JSON, taken one by one, when a worker is free.

    The unit of a worker that died is tried again in ten parts, and then in single assets, so that one asset that no
    worker survives does not make others unknown. After `StopIteration` there can be more, if a unit comes back.
    """

    def __init__(self, tasks: Iterable[AssetTask]) -> None:
        """The tasks, which are taken when they are needed."""
        self._new = units(tasks)
        self._waiting: deque[tuple[list[AssetTask], int]] = deque()
        self._in_work: dict[int, tuple[list[AssetTask], int]] = {}
        self._number = 0

    def is_short(self) -> bool:
        """Whether there are at most two units."""
        self._waiting.extend((unit, 1) for unit in islice(self._new, 3 - len(self._waiting)))
        return len(self._waiting) < 3

    def __next__(self) -> tuple[int, str]:
        """The number and the tasks of the next unit."""
        unit, tries = self._waiting.popleft() if self._waiting else (next(self._new), 1)
        self._number += 1
        self._in_work[self._number] = unit, tries
        return self._number, tasks_to_json(unit)

    def finish(self, number: int) -> None:
        """Forget a unit that has an answer."""
        del self._in_work[number]

    def try_again(self, number: int) -> list[AssetTask]:
        """Put the parts of a unit without an answer back; the tasks, if they were tried `MAX_TRIES` times."""
        unit, tries = self._in_work.pop(number)
        if tries == MAX_TRIES:
            return unit
        size = 1 if tries == MAX_TRIES - 1 else ceil(sqrt(len(unit)))
        self._waiting.extend((unit[start : start + size], tries + 1) for start in range(0, len(unit), size))
        return []
