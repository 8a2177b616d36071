"""Trying again: bounded, with growing pauses of random length, and never in silence."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from threading import Lock
from typing import TypeVar

from aind_lint.errors import BucketError

_T = TypeVar("_T")

#: Called with one line for a person.
Tell = Callable[[str], None]

#: Three minutes in all: a router that starts anew should not cost a night.
_TRIES, _FIRST_PAUSE, _LONGEST_PAUSE = 12, 0.1, 60.0
#: Seconds between two notes at least, however many threads try again.
_SILENCE = 1.0

#: Tries before anything has succeeded: a wrong address should be reported at once.
_UNPROVEN_TRIES = 4


class TransientError(Exception):
    """A request failed in a way that may be over in a moment.

    Attributes:
        reason: What happened, in a few words.
        final: The failure to report when there is no patience left.
    """

    def __init__(self, reason: str, final: BucketError) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class Retries:
    """The patience of one store.

    Attributes:
        tell: Hears of every failure that is tried again.
    """

    def __init__(self, tries: int = _TRIES) -> None:
        """``tries`` is the number of requests, the first included."""
        self.tell: Tell = lambda text: None
        self._tries = tries
        self._proven = False
        self._told_until = 0.0
        self._lock = Lock()

    def run(self, call: Callable[[], _T]) -> _T:
        """What ``call`` gives once it succeeds.

        Raises:
            BucketError: It failed every time.
        """
        for number in count(1):
            try:
                result = call()
            except TransientError as error:
                time.sleep(self.pause_after(error, number))
            else:
                self.note_success()
                return result
        raise AssertionError("unreachable")

    def pause_after(self, error: TransientError, number: int) -> float:
        """Report a failed try, and how many seconds to wait before the next one.

        Args:
            error: The failure.
            number: How many tries have failed, this one included.

        Raises:
            BucketError: It was the last try.
        """
        tries = self._tries if self._proven else min(self._tries, _UNPROVEN_TRIES)
        if number >= tries:
            raise BucketError(f"{error.final} (tried {number} times)") from None
        pause: float = random.uniform(0.5, 1) * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number)  # noqa: S311 - no secret
        self._say(f"{error.reason}; trying again in {pause:.1f} s ({number} of {tries - 1})", pause)
        return pause

    def note_success(self) -> None:
        """Note that a request succeeded, so that later failures get all tries."""
        self._proven = True

    def _say(self, text: str, pause: float) -> None:
        """Tell of a pause, unless it begins during one that another thread has told of."""
        now = time.monotonic()
        with self._lock:
            # Before anything has succeeded a second is not worth a word: the failure itself is about to be said.
            if not self._proven or now < self._told_until:
                return
            self._told_until = now + max(pause, _SILENCE)
        self.tell(text)
