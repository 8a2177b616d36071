"""The bytes on their way out: counted, held to a rate, and stopped when the run stops."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import BinaryIO, cast

from aind_lint.bucket.store import Body


class StoppedError(BaseException):
    """A transfer ends because the run does; no retry may catch it."""


class RateLimiter:
    """A limit on bytes per second that all transfers share."""

    def __init__(self, rate: float | None) -> None:
        """``rate`` is in bytes per second; None is no limit."""
        self._rate = rate
        self._lock = Lock()
        self._free_at = 0.0

    def wait(self, size: int, stopping: Event) -> bool:
        """Wait until ``size`` more bytes may leave; whether that took any time."""
        if self._rate is None:
            return False
        with self._lock:
            now = time.monotonic()
            begins = max(now, self._free_at)
            self._free_at = begins + size / self._rate
        if stopping.wait(begins - now):
            raise StoppedError
        return begins > now


@dataclass
class UploadStreamFactory:
    """What all bytes of a run pass.

    Attributes:
        pace: How fast they may.
        stopping: Set when they must no more.
        before: Called before a transfer begins or begins anew; it may raise.
        count: Told how many bytes have passed; what is sent again passes again.
    """

    pace: RateLimiter = field(default_factory=lambda: RateLimiter(None))
    stopping: Event = field(default_factory=Event)
    before: Callable[[], None] = lambda: None
    count: Callable[[int], None] = lambda size: None

    def through(self, body: Body) -> Body:
        """The same body, read through this outlet."""
        return Body(body.size, body.crc64nvme, lambda: self._open(body), body.parts)

    def _open(self, body: Body) -> BinaryIO:
        self.before()
        return cast(BinaryIO, _Outgoing(body.open(), self))


class _Outgoing:
    """What is needed of a stream, its reading being what the outlet counts and slows down."""

    def __init__(self, stream: BinaryIO, outlet: UploadStreamFactory) -> None:
        self._stream = stream
        self._outlet = outlet
        self.seek = stream.seek
        self.tell = stream.tell
        self.close = stream.close

    def __enter__(self) -> _Outgoing:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        if self._outlet.stopping.is_set():
            raise StoppedError
        chunk = self._stream.read(size)
        if self._outlet.pace.wait(len(chunk), self._outlet.stopping):
            self._outlet.before()
        self._outlet.count(len(chunk))
        return chunk
