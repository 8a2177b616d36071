"""A bucket in memory, for the examples of rules and for the tests of the protocol."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from aind_lint.bucket.batch_read import ObjectContent, ObjectRequest, read_one_by_one
from aind_lint.bucket.body import Body
from aind_lint.bucket.rate_limiter import NO_RATE_LIMIT, RateLimiter
from aind_lint.bucket.store import MultipartUpload, ResumeState, StoredObject
from aind_lint.storage.checksum import crc64nvme, encode_crc


class MemoryStore:
    """A bucket in memory.

    Attributes:
        objects: The content of each object, by key.
        tags: The tags of objects that were uploaded, by key.
    """

    max_write_delay: float = 0
    proof = "CRC64NVME"
    is_public: bool | None = None

    def __init__(self) -> None:
        self.url = "memory"
        self.objects: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}

    def scan(self, prefix: str, limit: int | None = None, boundaries: Sequence[str] = ()) -> Iterator[StoredObject]:
        """The objects whose key begins with ``prefix``."""
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        return iter([self._listed(key) for key in keys[:limit]])

    def scan_level(self, prefix: str) -> tuple[list[str], list[StoredObject]]:
        """The folders and the objects directly below ``prefix``."""
        rest = sorted(key[len(prefix) :] for key in self.objects if key.startswith(prefix))
        folders = {part.partition("/")[0] for part in rest if "/" in part}
        return sorted(folders), [self._listed(prefix + part) for part in rest if "/" not in part]

    def _listed(self, key: str) -> StoredObject:
        return StoredObject(key, len(self.objects[key]), etag=_etag(self.objects[key]))

    def head(self, key: str) -> StoredObject | None:
        """One object with its checksum."""
        content = self.objects.get(key)
        if content is None:
            return None
        etag = _etag(content)
        return StoredObject(key, len(content), etag, self.tags.get(key), str(id(content)), etag=etag)

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        return io.BytesIO(self.objects[key])

    def open_range(self, key: str, start: int, length: int) -> BinaryIO:
        """A part of an object's bytes."""
        return io.BytesIO(self.objects[key][start : start + length])

    def read_many(
        self, requests: Iterable[ObjectRequest], rate_limiter: RateLimiter = NO_RATE_LIMIT
    ) -> Iterator[ObjectContent]:
        """Many small objects, one after the other."""
        return read_one_by_one(self.open, requests)

    def create(self, key: str, body: Body) -> str | None:
        """Store an object under a free key."""
        if key in self.objects:
            return None
        content = body.read(key)
        return _etag(content) if self.objects.setdefault(key, content) is content else None

    def upload(self, key: str, body: Body, tag: str, resume_state: ResumeState | None = None) -> str | None:
        """Store an object under a free key, with a tag."""
        etag = self.create(key, body)
        if etag is not None:
            self.tags[key] = tag
        return etag

    def start_workers(self, root: Path, asset: str, max_requests: int) -> int:
        """None: nothing is sent."""
        return 0

    def stop_workers(self) -> None:
        """Nothing to stop."""

    def upload_loop(self, control: object, max_requests: int) -> None:
        """There are no requests here that could wait concurrently."""

    def refuses_completion(self, key: str, body: Body) -> bool:
        """Always, since there are no multipart uploads."""
        return True

    def stop(self) -> None:
        """Nothing to stop: every write is complete when its call returns."""

    def write_lock(self, asset: str) -> AbstractContextManager[None]:
        """No lock: no other process can write to this store."""
        return nullcontext()

    removal_lock = write_lock

    def age(self, key: str) -> float:
        """Always 0, since no write can arrive late."""
        return 0.0

    def list_uploads(self, prefix: str) -> list[MultipartUpload]:
        """Always empty, since there are no multipart uploads."""
        return []

    def abort_upload(self, upload: MultipartUpload) -> None:
        """Nothing to abort."""

    def remove(self, stored: StoredObject) -> bool:
        """Remove an object if it still has the version of ``stored``."""
        if (current := self.head(stored.key)) is None or current.version != stored.version:
            return False
        del self.objects[stored.key]
        self.tags.pop(stored.key, None)
        return True


def _etag(content: bytes) -> str:
    """As on S3, equal content has an equal ETag."""
    return encode_crc(crc64nvme(content))
