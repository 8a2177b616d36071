"""A limit on bytes or requests per second."""

from __future__ import annotations

import time
from threading import Lock


class RateLimiter:
    """A limit on bytes, or on requests, per second that all requests share."""

    def __init__(self, rate: float | None) -> None:
        """``rate`` is in bytes or requests per second; None is no limit."""
        self._rate = rate
        self._lock = Lock()
        self._free_at = 0.0

    def reserve(self, size: int) -> float:
        """Reserve so many bytes or requests; the seconds to wait until they may be sent."""
        if self._rate is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            start = max(now, self._free_at)
            self._free_at = start + size / self._rate
        return start - now


NO_RATE_LIMIT = RateLimiter(None)
