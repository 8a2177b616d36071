"""Will a night's upload go through? Tried at the destination itself, without leaving anything there."""

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

#: Seconds of difference between the clocks from which on it is worth a word.
_CLOCK_NOTICED = 60.0


@dataclass(frozen=True)
class ProbeResult:
    """One thing that was tried.

    Attributes:
        what: What, as people call it.
        state: good; doubtful: it works, but look at it; bad: publishing will fail.
        said: What was found, and what to do if it is not good.
    """

    what: str
    state: Literal["good", "doubtful", "bad"]
    said: str


def run_probes(store: Store) -> Iterator[ProbeResult]:
    """Try what publishing needs of a destination, one thing after the other, as long as it makes sense."""
    if isinstance(store, DirectoryStore):
        yield _tried("folder", lambda: store.probe())
        return
    from aind_lint.bucket.s3.store import S3Store

    assert isinstance(store, S3Store)
    yield from _examine_s3(store)


def _examine_s3(store: S3Store) -> Iterator[ProbeResult]:
    yield ProbeResult("endpoint", "good", store.probes.endpoint())
    try:
        yield ProbeResult("credentials", "good", store.probes.identity())
    except AindLintError as error:
        yield ProbeResult("credentials", "bad", str(error))
        return
    name = f"aind-lint-doctor-{uuid.uuid4().hex}"
    listed = _tried("list", lambda: f"may list {store.url}" if not list(store.scan(f"{name}/", 1)) else "")
    yield listed
    if listed.state == "bad":
        return
    yield _tried("look", lambda: _nothing_there(store, name))
    yield _writing(store, name)
    yield _tried("uploads in parts", lambda: store.probes.multipart(name))
    yield _wished("open uploads", lambda: f"may list them ({len(store.list_uploads(f'{name}/'))} of this name)")
    yield _clock(store.probes.clock_offset())


def _tried(what: str, trial: Callable[[], str]) -> ProbeResult:
    try:
        return ProbeResult(what, "good", trial())
    except BucketError as error:
        return ProbeResult(what, "bad", str(error))


def _wished(what: str, trial: Callable[[], str]) -> ProbeResult:
    """As `_tried`, for what publishing can do without."""
    try:
        return ProbeResult(what, "good", trial())
    except BucketError as error:
        said = f"{error}. Publishing works without, but begins large files anew and leaves what died behind"
        return ProbeResult(what, "doubtful", said)


def _writing(store: S3Store, name: str) -> ProbeResult:
    try:
        kind = store.probes.write(name)
    except BucketError as error:
        return ProbeResult("write", "bad", str(error))
    may = f"may write to {store.url}"
    if kind == "CRC64NVME":
        return ProbeResult("write", "good", f"{may}, and a wrong checksum is refused")
    if kind == "reading back":
        said = "but the server compares no checksum; what its replies do not show is read back, which takes longer"
    else:
        said = f"but the server does not compare CRC64NVME; {kind} takes its place"
    return ProbeResult("write", "doubtful", f"{may}, {said}")


def _nothing_there(store: Store, name: str) -> str:
    if store.head(name) is not None:
        raise BucketError(f"{store.url} holds {name}, which nobody has put there")
    return "may look at an object, and sees that there is none"


def _clock(offset: float) -> ProbeResult:
    from aind_lint.bucket.s3.s3_errors import CLOCK_REFUSED, describe_clock_offset

    if abs(offset) < _CLOCK_NOTICED:
        return ProbeResult("clock", "good", f"within {max(1, round(abs(offset)))} s of the server's")
    if abs(offset) < CLOCK_REFUSED:
        return ProbeResult(
            "clock", "doubtful", f"{describe_clock_offset(offset)}; from 15 minutes on S3 refuses every request"
        )
    return ProbeResult("clock", "bad", f"{describe_clock_offset(offset)}; S3 refuses every request: set the clock")
