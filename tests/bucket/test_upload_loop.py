"""The event loop for small objects: its limits, its retries, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from aind_lint.bucket.body import ContentChangedError
from aind_lint.bucket.manifest import ManifestEntry
from aind_lint.bucket.rate_limiter import RateLimiter
from aind_lint.bucket.retry import RetryPolicy, TransientError
from aind_lint.bucket.s3.small_objects.request_error import RequestError
from aind_lint.bucket.s3.small_objects.upload_loop import UploadLoop
from aind_lint.bucket.store import UploadResult, UploadTask
from aind_lint.bucket.upload_context import SigningContext
from aind_lint.bucket.upload_control import StoppedError, UploadControl
from aind_lint.errors import BucketError
from aind_lint.storage.checksum import crc64nvme, encode_crc
from aind_lint.system import concurrency_limits
from aind_lint.system.concurrency_limits import LoopLimits
from tests.bucket.recording_server import OVERLOADED, STORED, TAKEN, RecordingServer, context_of, running_server
from tests.publication.many_files import only_linux, wait_until

CONTENT = b"content"


class Signer:
    """Signs for a server; every failure may be retried but a refusal."""

    def __init__(self, server: RecordingServer, min_latency: float = 0.0) -> None:
        self._retries = RetryPolicy()
        self._retries.note_success()
        self.given: list[SigningContext] = []
        self._context = replace(context_of(server), min_latency=min_latency)

    def context(self) -> SigningContext:
        self.given.append(replace(self._context, credentials_version=len(self.given)))
        return self.given[-1]

    def note_success(self) -> None:
        self._retries.note_success()

    def pause_after(
        self, error: RequestError | TransientError | ValueError, tries: int, credentials_version: int
    ) -> float | None:
        final = BucketError(f"cannot write: {error}")
        if isinstance(error, ValueError) or (isinstance(error, RequestError) and error.status == 403):
            raise final
        return self._retries.pause_after(TransientError(str(error), final), tries)


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with running_server() as server:
        yield server


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    pause_after = RetryPolicy.pause_after
    monkeypatch.setattr(RetryPolicy, "pause_after", lambda *about: pause_after(*about) * 0.01)


def tasks(number: int, content: bytes = CONTENT, read: Callable[[], bytes] | None = None) -> Iterator[UploadTask]:
    entry = ManifestEntry("key", len(content), encode_crc(crc64nvme(content)))
    return (UploadTask(f"key {place}", entry, read or (lambda: content), place) for place in range(number))


def run(loop: UploadLoop, work: Iterator[UploadTask]) -> dict[int, UploadResult]:
    results: dict[int, UploadResult] = {}
    with loop:
        loop.run(work, "tag", lambda task, result, etag: results.update({task.position: result}))
    return results


def test_every_object_is_stored_or_its_key_is_taken(server):
    server.respond = lambda number: TAKEN if number % 2 else STORED
    results = run(UploadLoop(Signer(server), UploadControl(), LoopLimits.of(8)), tasks(50))
    assert sorted(results) == list(range(50)) and list(results.values()).count(UploadResult.STORED) == 25


@pytest.mark.parametrize(("min_latency", "expected"), [(0.0, 2), (0.1, 6)], ids=["near", "far"])
def test_a_far_server_gets_more_concurrent_requests(min_latency, expected, server, monkeypatch):
    monkeypatch.setattr(concurrency_limits, "NEAR_REQUESTS", 2)

    def respond(number: int) -> bytes:
        time.sleep(0.02)
        return STORED

    server.respond = respond
    # Each run learns the latency from its first context.
    assert len(run(UploadLoop(Signer(server, min_latency), UploadControl(), LoopLimits.of(6)), tasks(30))) == 30
    assert server.most_concurrent == expected


def test_few_bytes_are_in_memory(server, monkeypatch):
    monkeypatch.setattr(concurrency_limits, "SMALL_OBJECT_MEMORY", 3 * len(CONTENT))
    server.respond = lambda number: time.sleep(0.01) or STORED
    assert len(run(UploadLoop(Signer(server), UploadControl(), LoopLimits.of(64)), tasks(30))) == 30
    assert server.most_concurrent <= 3


def test_a_transient_failure_is_retried_after_reading_and_checking_again(server):
    server.respond = lambda number: OVERLOADED if number <= 3 else STORED
    reads, checks = [], []
    control = UploadControl(before_request=lambda: checks.append(1))
    loop = UploadLoop(Signer(server), control, LoopLimits.of(2))
    results = run(loop, tasks(2, read=lambda: reads.append(1) or CONTENT))
    assert list(results.values()) == [UploadResult.STORED] * 2
    assert len(reads) == len(checks) == len(server.requests) == 5


def test_credentials_are_looked_up_again_after_a_failure(server):
    server.respond = lambda number: OVERLOADED if number == 1 else STORED
    signer = Signer(server)
    run(UploadLoop(signer, UploadControl(), LoopLimits.of(1)), tasks(3))
    assert len(signer.given) == 2


def test_credentials_that_cannot_be_had_at_the_moment_are_waited_for(server):
    signer = Signer(server)
    context, failures = signer.context, iter(range(3))

    def late_context() -> SigningContext:
        if next(failures, None) is not None:
            raise TransientError("no credentials", BucketError("no credentials"))
        return context()

    signer.context = late_context  # type: ignore[method-assign]
    assert len(run(UploadLoop(signer, UploadControl(), LoopLimits.of(4)), tasks(5))) == 5


def test_no_new_tasks_are_taken_during_waits_for_retries(server):
    """An overloaded server gets fewer requests, not those of other objects."""
    begun = []
    server.respond = lambda number: OVERLOADED
    with pytest.raises(BucketError, match=r"SlowDown \(tried 12 times\)"):
        run(
            UploadLoop(Signer(server), UploadControl(), LoopLimits.of(3)),
            (begun.append(1) or task for task in tasks(50)),
        )
    assert len(begun) == 3


def test_a_refusal_ends_the_run(server):
    server.respond = lambda number: b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(BucketError, match="cannot write"):
        run(UploadLoop(Signer(server), UploadControl(), LoopLimits.of(3)), tasks(50))
    assert len(server.requests) <= 3


def test_a_changed_file_ends_the_run_and_is_not_sent(server):
    def read() -> bytes:
        raise ContentChangedError("key")

    with pytest.raises(ContentChangedError):
        run(UploadLoop(Signer(server), UploadControl(), LoopLimits.of(3)), tasks(1, read=read))
    assert server.requests == []


def test_nothing_is_sent_to_an_attempt_that_has_ended(server):
    def refuse() -> None:
        raise BucketError("it has ended")

    with pytest.raises(BucketError, match="it has ended"):
        run(UploadLoop(Signer(server), UploadControl(before_request=refuse), LoopLimits.of(3)), tasks(5))
    assert server.requests == []


def test_a_secret_that_libcurl_refuses(server):
    signer = Signer(server)
    signer._context = replace(signer._context, secret_key="a\0b")
    with pytest.raises(BucketError, match="cannot write"):
        run(UploadLoop(signer, UploadControl(), LoopLimits.of(3)), tasks(1))


def test_a_rate_limit_delays_requests_and_the_check_comes_after_the_delay(server):
    events: list[str] = []

    class Limiter(RateLimiter):
        def reserve(self, size: int) -> float:
            events.append(f"reserve {size}")
            return 0.01

    control = UploadControl(Limiter(None), before_request=lambda: events.append("check"))
    assert len(run(UploadLoop(Signer(server), control, LoopLimits.of(1)), tasks(3))) == 3
    assert events == [f"reserve {len(CONTENT)}", "check"] * 3


def test_a_rate_is_shared():
    limiter = RateLimiter(10.0)
    assert limiter.reserve(20) == 0
    assert limiter.reserve(30) == pytest.approx(2, abs=0.5)
    assert limiter.reserve(1) == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize("rate", [None, 1.0], ids=["no answer", "a low rate"])
def test_stops_when_the_run_stops(rate, server):
    """Whatever it waits for; requests in flight are given up."""
    stopping, released, ended = Event(), Event(), []
    server.respond = lambda number: STORED if released.wait(60) else None
    loop = UploadLoop(Signer(server), UploadControl(RateLimiter(rate), stopping), LoopLimits.of(8))

    def send() -> None:
        try:
            run(loop, tasks(20))
        except StoppedError:
            ended.append(True)

    sender = Thread(target=send, daemon=True)
    sender.start()
    wait_until(lambda: bool(server.requests))
    stopping.set()
    sender.join(10)
    released.set()
    assert ended


@only_linux
def test_leaves_no_connection(server):
    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    before = open_files()
    assert len(run(UploadLoop(Signer(server), UploadControl(), LoopLimits.of(20)), tasks(40))) == 40
    wait_until(lambda: open_files() <= before)
