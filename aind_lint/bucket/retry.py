"""Retries of failed requests: limited, with exponential backoff and jitter, and reported."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from threading import Lock
from typing import TypeVar

from aind_lint.errors import BucketError

_T = TypeVar("_T")

#: Called with one line of text for the user.
OnMessage = Callable[[str], None]

#: Requests in all, and seconds of the first and the longest pause: three minutes, in which a router can restart.
_MAX_TRIES, _FIRST_PAUSE, _MAX_PAUSE = 12, 0.1, 60.0

#: Requests before any has succeeded: a wrong address should fail within seconds.
_MAX_FIRST_TRIES = 4

#: Minimum seconds between two messages, for any number of threads.
_MESSAGE_INTERVAL = 1.0


class TransientError(Exception):
    """A request failed for a reason that can be temporary.

    Attributes:
        reason: What happened, in a few words.
        final_error: The error to raise after the last retry.
    """

    def __init__(self, reason: str, final_error: BucketError) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final_error = final_error


class RetryPolicy:
    """The retries of one store.

    Attributes:
        on_retry: Called with a message for each failure that is retried.
    """

    def __init__(self, max_tries: int = _MAX_TRIES) -> None:
        """Send a request at most ``max_tries`` times, the first included."""
        self.on_retry: OnMessage = lambda text: None
        self._max_tries = max_tries
        self._has_succeeded = False
        self._quiet_until = 0.0
        self._lock = Lock()

    def run(self, call: Callable[[], _T]) -> _T:
        """The result of ``call``, which is repeated while it raises `TransientError`.

        Raises:
            BucketError: Every try failed.
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
        """Report a failed try, and return the seconds to wait before the next one.

        Args:
            error: The failure.
            number: Number of failed tries, this one included.

        Raises:
            BucketError: It was the last try.
        """
        max_tries = self._max_tries if self._has_succeeded else min(self._max_tries, _MAX_FIRST_TRIES)
        if number >= max_tries:
            _log_retry(error.reason, number, None)
            raise BucketError(f"{error.final_error} (tried {number} times)") from None
        pause: float = random.uniform(0.5, 1) * min(_MAX_PAUSE, _FIRST_PAUSE * 2**number)  # noqa: S311 - no secret
        _log_retry(error.reason, number, pause)
        self._notify(f"{error.reason}; retrying in {pause:.1f} s ({number} of {max_tries - 1})", pause)
        return pause

    def note_success(self) -> None:
        """Record that a request succeeded, so that later failures get all tries."""
        self._has_succeeded = True

    def _notify(self, text: str, pause: float) -> None:
        """Report a pause, unless another thread has reported one that has not ended."""
        now = time.monotonic()
        with self._lock:
            # Before any request has succeeded, the error itself follows within seconds.
            if not self._has_succeeded or now < self._quiet_until:
                return
            self._quiet_until = now + max(pause, _MESSAGE_INTERVAL)
        self.on_retry(text)


def _log_retry(reason: str, number: int, pause: float | None) -> None:
    """Log the answer of the server to every try that failed, not only those that are reported."""
    import logging  # a check without a bucket need not load it

    then = "no more tries" if pause is None else f"next try in {pause:.1f} s"
    logging.getLogger("aind_lint.bucket").debug("try %d failed: %s; %s", number, reason, then)
