"""Tests whether publishing to a destination will work, without leaving an object there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import PROBE_KEY
from aind_lint.bucket.directory.store import DirectoryStore
from aind_lint.bucket.store import Store
from aind_lint.errors import AindLintError, BucketError

if TYPE_CHECKING:
    from aind_lint.bucket.s3.store import S3Store

#: Difference between the clocks, in seconds, from which on there is a warning.
_CLOCK_WARNING_SECONDS = 60.0


@dataclass(frozen=True)
class ProbeResult:
    """The result of one probe.

    Attributes:
        label: What was tested.
        state: good; warning: publishing works with a limitation; bad: publishing will fail; unknown: not tested.
        text: What was found, and what to do if it is not good.
    """

    label: str
    state: Literal["good", "warning", "bad", "unknown"]
    text: str


def run_probes(store: Store, write: bool = False) -> Iterator[ProbeResult]:
    """Test what publishing needs of a destination; stop when the remaining probes depend on one that failed.

    Args:
        store: The destination.
        write: Whether an object may be stored, to test that existing objects are kept.
    """
    if isinstance(store, DirectoryStore):
        yield _probe("folder", lambda: store.probe())
        if write and store.root.exists():
            yield _probe("existing objects", lambda: _probe_conditions(store))
        return
    from aind_lint.bucket.s3.store import S3Store

    assert isinstance(store, S3Store)
    failed = False
    for result in _probe_s3(store):
        failed = failed or result.state == "bad"
        yield result
    if write and not failed:
        yield _probe("existing objects", lambda: _probe_conditions(store))
    elif not write:
        text = "not tested whether the server keeps them, because that stores an object; test it with --write"
        yield ProbeResult("existing objects", "unknown", text)


def _probe_conditions(store: Store) -> str:
    """Store a fixed object twice; the second write must be refused.

    Raises:
        BucketError: The server replaces existing objects, or cannot be written.
    """
    body = Body.of_bytes(b"aind-lint doctor --write tests with this object whether existing objects are kept.\n")
    is_created = store.create(PROBE_KEY, body) is not None
    if store.create(PROBE_KEY, body) is not None:
        raise BucketError(
            f"{store.url} replaces them: it ignores If-None-Match, so two publications can overwrite each other. "
            f"aind-lint does not publish there. The object {PROBE_KEY} remains"
        )
    if not store.refuses_completion(PROBE_KEY, body):
        raise BucketError(
            f"{store.url} replaces them when a multipart upload is completed, so aind-lint does not publish files over "
            f"16 MB there. The object {PROBE_KEY} remains"
        )
    kept = "a second write to a key is refused"
    if not is_created:
        return f"{kept}. The object {PROBE_KEY} existed before this test, and remains"
    try:
        stored = store.head(PROBE_KEY)
        is_removed = stored is not None and stored.size == body.size and store.remove(stored)
    except BucketError:
        is_removed = False
    return kept if is_removed else f"{kept}. The object {PROBE_KEY} remains, because it could not be removed"


def _probe_s3(store: S3Store) -> Iterator[ProbeResult]:
    yield ProbeResult("endpoint", "good", store.probes.endpoint())
    try:
        yield ProbeResult("credentials", "good", store.probes.identity())
    except AindLintError as error:
        yield ProbeResult("credentials", "bad", str(error))
        return
    name = f"aind-lint-doctor-{uuid.uuid4().hex}"
    listed = _probe("list objects", lambda: f"may list {store.url}" if not list(store.scan(f"{name}/", 1)) else "")
    yield listed
    if listed.state == "bad":
        return
    yield _probe("read objects", lambda: _head_missing(store, name))
    yield _probe_write(store, name)
    yield _probe("multipart uploads", lambda: store.probes.multipart(name))
    yield _optional_probe("list uploads", lambda: f"may list them ({len(store.list_uploads(f'{name}/'))} of this name)")
    yield _check_clock(store.probes.clock_offset())


def _probe(label: str, probe: Callable[[], str]) -> ProbeResult:
    try:
        return ProbeResult(label, "good", probe())
    except BucketError as error:
        return ProbeResult(label, "bad", str(error))


def _optional_probe(label: str, probe: Callable[[], str]) -> ProbeResult:
    """As `_probe`, for a permission that publishing does not require."""
    try:
        return ProbeResult(label, "good", probe())
    except BucketError as error:
        text = (
            f"{error}. Publishing works without this permission, but an interrupted upload of a large file starts "
            "again from its beginning, and remains in the bucket"
        )
        return ProbeResult(label, "warning", text)


def _probe_write(store: S3Store, name: str) -> ProbeResult:
    try:
        kind = store.probes.write(name)
    except BucketError as error:
        return ProbeResult("write objects", "bad", str(error))
    may = f"may write to {store.url}"
    if kind == "CRC64NVME":
        return ProbeResult("write objects", "good", f"{may}, and a wrong checksum is refused")
    if kind == "reading back":
        text = "but the server compares no checksum; aind-lint reads objects back to compare them, which takes longer"
    else:
        text = f"but the server does not compare CRC64NVME; {kind} is used instead"
    return ProbeResult("write objects", "warning", f"{may}, {text}")


def _head_missing(store: Store, name: str) -> str:
    if store.head(name) is not None:
        raise BucketError(f"{store.url} reports an object {name} that was never stored")
    return "may read objects"


def _check_clock(offset: float) -> ProbeResult:
    from aind_lint.bucket.s3.s3_errors import MAX_CLOCK_OFFSET, describe_clock_offset

    if abs(offset) < _CLOCK_WARNING_SECONDS:
        return ProbeResult("clock", "good", f"within {max(1, round(abs(offset)))} s of the server's")
    if abs(offset) < MAX_CLOCK_OFFSET:
        return ProbeResult(
            "clock", "warning", f"{describe_clock_offset(offset)}; from 15 minutes on S3 refuses every request"
        )
    return ProbeResult("clock", "bad", f"{describe_clock_offset(offset)}; S3 refuses every request: set the clock")
