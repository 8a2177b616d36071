"""An event loop that reads small objects: one thread has hundreds of GETs in flight.

A GET of a sidecar takes a fifth of the CPU time that boto3 takes in 32 threads (benchmarks/RESULTS.md).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

import pycurl

from aind_lint.bucket.batch_read import CHANGED_SINCE_LISTED, GONE_SINCE_LISTED, ObjectContent, ObjectRequest
from aind_lint.bucket.rate_limiter import RateLimiter
from aind_lint.bucket.retry import TransientError
from aind_lint.bucket.s3.small_objects.curl_client import CurlRequestPool
from aind_lint.bucket.s3.small_objects.get_request import ChangedObjectError, GetRequest
from aind_lint.bucket.s3.small_objects.request_error import RequestError
from aind_lint.bucket.upload_context import SigningContext
from aind_lint.errors import BucketError
from aind_lint.system.concurrency_limits import FAR_SECONDS, LoopLimits

if TYPE_CHECKING:
    from aind_lint.bucket.s3.small_objects.request_signer import S3RequestSigner

#: Seconds for which credentials are used before they are looked up again; boto3 renews them minutes before they expire.
_CONTEXT_SECONDS = 1.0

#: Seconds of one wait when every request is delayed.
_IDLE_SECONDS = 0.1

#: Objects in a row whose last try failed, from which on the server counts as out of order. A single object that a
#: server cannot read must not end a run.
_MAX_FAILED_IN_A_ROW = 3

#: Codes that mean one object, and not the bucket or the credentials.
_MISSING_OBJECT = ("NoSuchKey", "404")
_REFUSED_OBJECT = ("AccessDenied", "403", "Forbidden", "InvalidObjectState", "NoSuchVersion")


#: A key that libcurl would replace by another one, because parts of a path have this meaning.
_IS_RELATIVE = re.compile(r"(?:^|/)\.\.?(?:/|$)").search


class _Read:
    """A request in progress.

    Attributes:
        request: The object.
        tries: How many requests have been made.
        credentials_version: Version of the credentials of the last one.
        is_reserved: Whether the rate limiter has reserved the next one.
    """

    __slots__ = ("credentials_version", "is_reserved", "request", "tries")

    def __init__(self, request: ObjectRequest) -> None:
        self.request = request
        self.tries = self.credentials_version = 0
        self.is_reserved = False


class ReadLoop:
    """Reads small objects; `run` may be called once."""

    def __init__(self, signer: S3RequestSigner, limits: LoopLimits, rate_limiter: RateLimiter) -> None:
        """Prepare; no request is made before `run`.

        Args:
            signer: Gives addresses and credentials, and decides about retries.
            limits: The most concurrent requests and bytes in memory.
            rate_limiter: How many requests may begin in a second.
        """
        self._signer = signer
        self._limits = limits
        self._rate_limiter = rate_limiter
        self._pool: CurlRequestPool[GetRequest] = CurlRequestPool()
        self._idle: list[GetRequest] = []
        self._in_flight: dict[GetRequest, _Read] = {}
        self._delayed: list[tuple[float, int, _Read]] = []
        self._delays = count()
        self._memory_left = limits.memory
        self._context: SigningContext | None = None
        self._context_until = 0.0
        self._failed_in_a_row = 0
        self._fastest_seconds = 0.0

    def run(self, requests: Iterable[ObjectRequest]) -> Iterator[ObjectContent]:
        """Read every object, in any order; closing the iterator ends the requests.

        Args:
            requests: The objects; taken one by one, when there is capacity.

        Raises:
            BucketError: The bucket cannot be read at all.
        """
        relative: list[str] = []
        remaining = _without_relative(requests, relative)
        try:
            while True:
                self._begin_reads(remaining)
                if self._in_flight:
                    for ended in self._pool.poll():
                        if (content := self._end(ended)) is not None:
                            yield content
                elif self._delayed:
                    time.sleep(min(max(self._delayed[0][0] - time.monotonic(), 0.0), _IDLE_SECONDS))
                else:
                    break
            for key in relative:
                yield ObjectContent(key, None, "a key with a part '.' or '..' cannot be requested", 0)
        finally:
            self._pool.close()

    def _begin_reads(self, remaining: Iterator[ObjectRequest]) -> None:
        """Begin what is due, then new requests, up to the limits of requests and memory."""
        while self._memory_left > 0 and self._delayed and self._delayed[0][0] <= time.monotonic():
            self._begin(heappop(self._delayed)[2])
        # A request that waits for its retry keeps its place: an overloaded server gets fewer requests, not others.
        while self._memory_left > 0 and len(self._in_flight) + len(self._delayed) < self._limit():
            request = next(remaining, None)
            if request is None:
                return
            self._begin(_Read(request))

    def _limit(self) -> int:
        return self._limits.far if self._fastest_seconds > FAR_SECONDS else self._limits.near

    def _begin(self, read: _Read) -> None:
        """Make a request, or delay it if the rate limit demands that."""
        if not read.is_reserved:
            read.is_reserved = True
            if pause := self._rate_limiter.reserve(1):
                self._delay(read, pause)
                return
        read.is_reserved = False
        read.tries += 1
        request = self._idle.pop() if self._idle else GetRequest()
        try:
            context = self._fresh_context()
            read.credentials_version = context.credentials_version
            request.prepare(context, read.request)
        except (TransientError, ValueError) as error:
            self._idle.append(request)
            self._delay(read, self._signer.pause_after(error, read.tries, read.credentials_version))
            return
        self._memory_left -= read.request.size
        self._in_flight[request] = read
        self._pool.begin(request)

    def _fresh_context(self) -> SigningContext:
        now = time.monotonic()
        if self._context is None or now >= self._context_until:
            self._context = self._signer.context()
            self._context_until = now + _CONTEXT_SECONDS
        return self._context

    def _end(self, ended: GetRequest) -> ObjectContent | None:
        """What became of a request; None if it is tried again.

        Raises:
            BucketError: The bucket cannot be read at all.
        """
        read = self._in_flight.pop(ended)
        self._idle.append(ended)
        self._memory_left += read.request.size
        seconds = ended.curl.getinfo(pycurl.TOTAL_TIME)
        self._fastest_seconds = min(self._fastest_seconds or seconds, seconds)
        key = read.request.key
        try:
            content = ended.content()
        except ChangedObjectError:
            return self._answered(ObjectContent(key, None, CHANGED_SINCE_LISTED, read.tries))
        except RequestError as error:
            if error.code in _MISSING_OBJECT:
                return self._answered(ObjectContent(key, None, GONE_SINCE_LISTED, read.tries))
            if error.code in _REFUSED_OBJECT:
                return self._answered(ObjectContent(key, None, self._signer.describe(error), read.tries))
            return self._retry(read, error)
        return self._answered(ObjectContent(key, content, "", read.tries))

    def _answered(self, content: ObjectContent) -> ObjectContent:
        self._failed_in_a_row = 0
        self._signer.note_success()
        return content

    def _retry(self, read: _Read, error: RequestError) -> ObjectContent | None:
        self._context = None  # the credentials may have expired
        try:
            pause = self._signer.pause_after(error, read.tries, read.credentials_version)
        except BucketError as final:
            self._failed_in_a_row += 1
            if read.tries == 1 or self._failed_in_a_row >= _MAX_FAILED_IN_A_ROW:
                raise
            return ObjectContent(read.request.key, None, str(final), read.tries)
        self._delay(read, pause)
        return None

    def _delay(self, read: _Read, pause: float) -> None:
        heappush(self._delayed, (time.monotonic() + pause, next(self._delays), read))


def _without_relative(requests: Iterable[ObjectRequest], relative: list[str]) -> Iterator[ObjectRequest]:
    """The requests whose keys libcurl does not change; the keys of others are added to ``relative``."""
    for request in requests:
        if _IS_RELATIVE(request.key):
            relative.append(request.key)
        else:
            yield request
