"""Control over the bytes that leave: rate limit, stop, freshness check and count, shared by all requests of a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from threading import Event
from typing import BinaryIO, NamedTuple, cast

from aind_lint.bucket.rate_limiter import RateLimiter


class StoppedError(BaseException):
    """A transfer ends because the run ends; no retry may catch this."""


class Deadline(NamedTuple):
    """A time by two clocks, the same in all processes; one clock may stop while the machine sleeps.

    Attributes:
        monotonic: The time of `time.monotonic`.
        wall: The time of `time.time`.
    """

    monotonic: float = inf
    wall: float = inf

    def is_over(self) -> bool:
        """Whether one of the clocks has reached it."""
        return time.monotonic() >= self.monotonic or time.time() >= self.wall


@dataclass
class UploadControl:
    """The limits that apply to every request of a run.

    Attributes:
        rate_limiter: How fast bytes may leave.
        stopping: Set when nothing more may be sent.
        before_request: Called before a request is signed, also before a retry; it may raise.
        deadline: Until when requests may be signed without calling ``before_request`` again.
        on_bytes: Called with the number of bytes that are being sent; a retry counts again.
    """

    rate_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(None))
    stopping: Event = field(default_factory=Event)
    before_request: Callable[[], None] = lambda: None
    deadline: Callable[[], Deadline] = Deadline
    on_bytes: Callable[[int], None] = lambda size: None

    def open(self, open_stream: Callable[[], BinaryIO]) -> BinaryIO:
        """Open the body of a request as a stream with these limits."""
        self.before_request()
        return cast(BinaryIO, _ControlledStream(open_stream(), self))


class _ControlledStream:
    """A stream whose reading is counted, limited and stopped."""

    def __init__(self, stream: BinaryIO, control: UploadControl) -> None:
        self._stream = stream
        self._control = control
        self.seek = stream.seek
        self.tell = stream.tell
        self.close = stream.close

    def __enter__(self) -> _ControlledStream:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        control = self._control
        if control.stopping.is_set():
            raise StoppedError
        chunk = self._stream.read(size)
        if pause := control.rate_limiter.reserve(len(chunk)):
            if control.stopping.wait(pause):
                raise StoppedError
            control.before_request()
        control.on_bytes(len(chunk))
        return chunk
