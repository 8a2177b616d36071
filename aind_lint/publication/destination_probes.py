"""Tests whether publishing to a destination will work, without leaving an object there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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
        state: good; warning: publishing works with a limitation; bad: publishing will fail.
        text: What was found, and what to do if it is not good.
    """

    label: str
    state: Literal["good", "warning", "bad"]
    text: str


def run_probes(store: Store) -> Iterator[ProbeResult]:
    """Test what publishing needs of a destination; stop when the remaining probes depend on one that failed."""
    if isinstance(store, DirectoryStore):
        yield _probe("folder", lambda: store.probe())
        return
    from aind_lint.bucket.s3.store import S3Store

    assert isinstance(store, S3Store)
    yield from _probe_s3(store)


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
