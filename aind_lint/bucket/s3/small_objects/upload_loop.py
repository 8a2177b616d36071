"""An event loop that stores small objects: one thread reads, checks and sends hundreds of them concurrently.

An object costs about a third of the CPU time that it costs with a thread per object and a queue to libcurl.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Protocol

from aind_lint.bucket.retry import TransientError
from aind_lint.bucket.s3.small_objects.curl_client import CurlRequestPool, PutRequest
from aind_lint.bucket.s3.small_objects.request_error import RequestError
from aind_lint.bucket.store import OnResult, UploadResult, UploadTask
from aind_lint.bucket.upload_context import SigningContext
from aind_lint.bucket.upload_control import StoppedError, UploadControl
from aind_lint.system.concurrency_limits import FAR_SECONDS, LoopLimits

_log = logging.getLogger("aind_lint.bucket")

#: Seconds for which credentials are used before they are looked up again; boto3 renews them minutes before they expire.
_CONTEXT_SECONDS = 1.0

#: Seconds between two messages in the log about the requests under way.
_LOG_SECONDS = 10.0

#: Seconds to wait when every task is delayed; after that the loop checks whether the run is stopping.
_IDLE_SECONDS = 0.1


class UploadSigner(Protocol):
    """Gives what is needed to sign requests, and decides what follows from their failures."""

    def context(self) -> SigningContext:
        """The address and the current credentials.

        Raises:
            BucketError: There are no credentials.
            TransientError: They cannot be had at the moment.
        """

    def note_success(self) -> None:
        """Record that a request succeeded, so that later failures get all tries."""

    def pause_after(
        self, error: RequestError | TransientError | ValueError, tries: int, credentials_version: int
    ) -> float | None:
        """The seconds to wait before the next try; None if the object is to be returned.

        Args:
            error: The failure; a ValueError if libcurl refuses a value.
            tries: How many requests have been made for the object.
            credentials_version: The version of the credentials of the last one.

        Raises:
            BucketError: There is no next try.
        """


class _Upload:
    """A task in progress.

    Attributes:
        task: The object.
        tries: How many requests have been made.
        credentials_version: Version of the credentials of the last request.
        is_reserved: Whether the rate limiter has reserved the bytes of the next request.
    """

    __slots__ = ("credentials_version", "is_reserved", "task", "tries")

    def __init__(self, task: UploadTask) -> None:
        self.task = task
        self.tries = self.credentials_version = 0
        self.is_reserved = False


class UploadLoop:
    """Stores small objects under free keys; leave the ``with`` block to close the connections."""

    def __init__(self, signer: UploadSigner, control: UploadControl, limits: LoopLimits) -> None:
        """Prepare; no request is made before `run`.

        Args:
            signer: Gives addresses and credentials.
            control: Rate limit, stop and freshness check.
            limits: The most concurrent requests and bytes in memory.
        """
        self._signer = signer
        self._control = control
        self._limits = limits
        self._pool: CurlRequestPool[PutRequest] = CurlRequestPool()
        self._idle: list[PutRequest] = []
        self._in_flight: dict[PutRequest, _Upload] = {}
        self._delayed: list[tuple[float, int, _Upload]] = []
        self._delays = count()
        self._memory_left = limits.memory
        self._context: SigningContext | None = None
        self._context_until = 0.0
        self._next_log = 0.0

    def __enter__(self) -> UploadLoop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def run(self, tasks: Iterator[UploadTask | None], tag: str, on_result: OnResult) -> None:
        """Store every object; failures are retried as the signer decides.

        Args:
            tasks: The objects; taken one by one, when there is capacity. None means that there is none at the moment;
                if no request is under way then, the run ends.
            tag: The tag of the attempt, stored as metadata.
            on_result: Called with each task, its result and the ETag of the object that was stored.

        Raises:
            BucketError: The bucket cannot be written.
            StoppedError: The run is stopping.
            Exception: What ``tasks``, their ``read``, the control or ``on_result`` raise.
        """
        while True:
            self._begin_uploads(tasks, tag, on_result)
            self._log_requests()
            if self._in_flight:
                for request in self._pool.poll():
                    self._end(request, on_result)
            elif self._delayed:
                until_due = self._delayed[0][0] - time.monotonic()
                self._control.stopping.wait(min(max(until_due, 0.0), _IDLE_SECONDS))
            else:
                return

    def _begin_uploads(self, tasks: Iterator[UploadTask | None], tag: str, on_result: OnResult) -> None:
        """Begin what is due, then new tasks, up to the limits of requests and memory."""
        if self._control.stopping.is_set():
            raise StoppedError
        while self._memory_left > 0 and self._delayed and self._delayed[0][0] <= time.monotonic():
            self._begin(heappop(self._delayed)[2], tag, on_result)
        limit = self._limit()
        # A task that waits for its retry keeps its place: an overloaded server gets fewer requests, not others.
        while self._memory_left > 0 and len(self._in_flight) + len(self._delayed) < limit:
            task = next(tasks, None)
            if task is None:
                return
            self._begin(_Upload(task), tag, on_result)

    def _log_requests(self) -> None:
        if (now := time.monotonic()) < self._next_log:
            return
        self._next_log = now + _LOG_SECONDS
        latency = f"{self._context.min_latency * 1000:.0f} ms" if self._context is not None else "unknown"
        active, waiting, limit = len(self._in_flight), len(self._delayed), self._limit()
        _log.debug(
            "requests: %d under way of at most %d, %d wait to be retried; latency %s", active, limit, waiting, latency
        )

    def _limit(self) -> int:
        is_far = self._context is not None and self._context.min_latency > FAR_SECONDS
        return self._limits.far if is_far else self._limits.near

    def _begin(self, upload: _Upload, tag: str, on_result: OnResult) -> None:
        """Make a request, or delay it if the rate limit demands that."""
        task, control = upload.task, self._control
        if not upload.is_reserved:
            upload.is_reserved = True
            if pause := control.rate_limiter.reserve(task.entry.size):
                self._delay(upload, pause)
                return
        upload.is_reserved = False
        content = task.read()
        control.before_request()  # after the reading, which may have taken a while
        upload.tries += 1
        request = self._idle.pop() if self._idle else PutRequest()
        try:
            context = self._fresh_context()
            upload.credentials_version = context.credentials_version
            request.prepare(context, task.key, content, task.entry.crc64nvme, tag)
        except (TransientError, ValueError) as error:
            self._idle.append(request)
            self._retry(upload, error, on_result)
            return
        control.on_bytes(task.entry.size)
        self._memory_left -= task.entry.size
        self._in_flight[request] = upload
        self._pool.begin(request)

    def _fresh_context(self) -> SigningContext:
        now = time.monotonic()
        if self._context is None or now >= self._context_until:
            self._context = self._signer.context()
            self._context_until = now + _CONTEXT_SECONDS
        return self._context

    def _end(self, request: PutRequest, on_result: OnResult) -> None:
        upload = self._in_flight.pop(request)
        self._idle.append(request)
        self._memory_left += upload.task.entry.size
        try:
            etag = request.outcome()
        except RequestError as error:
            self._context = None  # the credentials may have expired
            self._retry(upload, error, on_result)
            return
        self._signer.note_success()
        on_result(upload.task, UploadResult.TAKEN if etag is None else UploadResult.STORED, etag)

    def _retry(self, upload: _Upload, error: RequestError | TransientError | ValueError, on_result: OnResult) -> None:
        pause = self._signer.pause_after(error, upload.tries, upload.credentials_version)
        if pause is None:
            on_result(upload.task, UploadResult.RETURNED, None)
        else:
            self._delay(upload, pause)

    def _delay(self, upload: _Upload, pause: float) -> None:
        heappush(self._delayed, (time.monotonic() + pause, next(self._delays), upload))
