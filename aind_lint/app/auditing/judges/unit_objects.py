"""The small objects of one unit of work: read together, each content once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from aind_lint.asset.indexer_keys import is_copy_of
from aind_lint.audit.asset_task import AssetTask, SmallObject
from aind_lint.audit.batches import split_by_size
from aind_lint.bucket.batch_read import ObjectContent, ObjectRequest
from aind_lint.bucket.rate_limiter import RateLimiter
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError
from aind_lint.sidecar.kinds import SIDECARS, is_unmerged
from aind_lint.sidecar.reader import MAX_SIZE

#: Bytes of sidecars that are in memory at the same time; further assets of the unit come after them.
_MAX_BYTES = 128 * 2**20

#: Sidecars that a derived asset does not copy from its source.
_NOT_COPIED = ("data_description.json", "processing.json", "quality_control.json", "metadata.nd.json")


class UnitObjects:
    """The contents of the small objects of some assets.

    Equal size and ETag mean equal content, so that a sidecar which a derived asset copied is read once.

    Attributes:
        requests: Number of requests, by asset whose objects they read.
        downloaded_bytes: Bytes that were read, likewise.
    """

    def __init__(self, store: Store, rate_limiter: RateLimiter) -> None:
        """The bucket, and how many requests may begin in a second."""
        self._store = store
        self._rate_limiter = rate_limiter
        self._contents: dict[str, ObjectContent] = {}
        self._by_etag: dict[tuple[int, str], bytes] = {}
        self.requests: dict[str, int] = {}
        self.downloaded_bytes: dict[str, int] = {}

    def read(self, tasks: list[AssetTask]) -> None:
        """Read what the rules read of these assets and of their sources.

        Raises:
            BucketError: The bucket cannot be read at all.
        """
        wanted: dict[str, ObjectRequest] = {}
        copies: list[ObjectRequest] = []
        seen: set[tuple[int, str]] = set(self._by_etag)
        for request in (request for task in tasks for request in _requests(task)):
            if request.key in wanted or request.key in self._contents:
                continue
            identity = (request.size, request.etag or "")
            if request.etag and identity in seen:
                copies.append(request)
            else:
                seen.add(identity)
                wanted[request.key] = request
        self._read(wanted)
        missing = {one.key: one for one in copies if (one.size, one.etag or "") not in self._by_etag}
        self._read(missing)
        for one in copies:
            if one.key not in missing:
                self._contents[one.key] = ObjectContent(one.key, self._by_etag[one.size, one.etag or ""], "", 0)

    def _read(self, wanted: dict[str, ObjectRequest]) -> None:
        if not wanted:
            return
        for answer in self._store.read_many(wanted.values(), self._rate_limiter):
            request = wanted[answer.key]
            self._contents[answer.key] = answer
            asset = answer.key.partition("/")[0]
            self.requests[asset] = self.requests.get(asset, 0) + answer.requests
            if answer.content is not None:
                self.downloaded_bytes[asset] = self.downloaded_bytes.get(asset, 0) + len(answer.content)
                if request.etag:
                    self._by_etag[request.size, request.etag] = answer.content

    def problem(self, task: AssetTask) -> str | None:
        """Why the sidecars of an asset could not be read; None if they could."""
        for one in task.sidecars:
            content = self._contents.get(f"{task.name}/{one.key}")
            if content is not None and content.content is None:
                return f"{one.key} could not be read: {content.reason}"
        return None

    def forget(self) -> None:
        """Release the contents."""
        self._contents.clear()
        self._by_etag.clear()

    def open(self, asset: str, small: SmallObject) -> BinaryIO:
        """The content of a small object.

        Raises:
            BucketError: It cannot be read.
        """
        key = f"{asset}/{small.key}"
        if key not in self._contents:
            self._read({key: ObjectRequest(key, small.size, small.etag)})
        found = self._contents[key]
        if found.content is None:
            raise BucketError(f"{key} could not be read: {found.reason}")
        return io.BytesIO(found.content)


def batches(tasks: list[AssetTask]) -> Iterator[list[AssetTask]]:
    """Parts of a unit whose sidecars fit into memory."""
    return split_by_size(tasks, lambda task: sum(request.size for request in _requests(task)), _MAX_BYTES)


def _requests(task: AssetTask) -> Iterator[ObjectRequest]:
    """The sidecars of an asset that rules read, and of its source those that it may have copied."""
    own = [one for one in task.sidecars if one.size <= MAX_SIZE and (one.key in SIDECARS or is_unmerged(one.key))]
    for one in own:
        yield ObjectRequest(f"{task.name}/{one.key}", one.size, one.etag)
    copied = [one.key for one in own if one.key not in _NOT_COPIED]
    for name, objects in task.related.items():
        for one in objects:
            if one.size <= MAX_SIZE and any(one.key == key or is_copy_of(key, one.key) for key in copied):
                yield ObjectRequest(f"{name}/{one.key}", one.size, one.etag)
