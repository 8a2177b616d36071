"""A bucket in memory, for examples and for models of the protocol."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

from aind_lint.asset.listing.listing_shards import NO_SHARDS, ListingShards
from aind_lint.bucket.store import Body, ResumeState, Stored, Upload
from aind_lint.storage.checksum import crc64nvme, encode_crc


class MemoryStore:
    """A bucket in memory.

    Attributes:
        objects: The content of every object.
        tags: The marks of those that were uploaded.
    """

    grace: float = 0
    proof = "CRC64NVME"

    def __init__(self) -> None:
        self.url = "memory"
        self.objects: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}

    def scan(self, prefix: str, limit: int | None = None, branches: ListingShards = NO_SHARDS) -> Iterator[Stored]:
        """The objects whose key begins with ``prefix``."""
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        return iter([Stored(key, len(self.objects[key])) for key in keys[:limit]])

    def folders(self, prefix: str) -> list[str]:
        """The next parts of the keys below ``prefix``."""
        rest = (key[len(prefix) :] for key in self.objects if key.startswith(prefix))
        return sorted({part.partition("/")[0] for part in rest if "/" in part})

    def head(self, key: str) -> Stored | None:
        """One object with its checksum."""
        content = self.objects.get(key)
        if content is None:
            return None
        return Stored(key, len(content), encode_crc(crc64nvme(content)), self.tags.get(key), str(id(content)))

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        return io.BytesIO(self.objects[key])

    def create(self, key: str, body: Body) -> bool:
        """Store an object under a free key."""
        if key in self.objects:
            return False
        content = body.read(key)
        return self.objects.setdefault(key, content) is content

    def upload(self, key: str, body: Body, tag: str, trail: ResumeState | None = None) -> bool:
        """Store an object under a free key, with a mark."""
        created = self.create(key, body)
        if created:
            self.tags[key] = tag
        return created

    def upload_loop(self, control: object, max_requests: int) -> None:
        """There are no requests here that could wait concurrently."""

    def stop(self) -> None:
        """Nothing is begun that is not finished."""

    def writing(self, asset: str) -> AbstractContextManager[None]:
        """Nobody else writes here."""
        return nullcontext()

    removing = writing

    def age(self, key: str) -> float:
        """Nothing can arrive late."""
        return 0.0

    def uploads(self, prefix: str) -> list[Upload]:
        """There are no uploads in parts."""
        return []

    def abort(self, upload: Upload) -> None:
        """There is nothing to abort."""

    def remove(self, stored: Stored) -> bool:
        """Remove an object if it is still the one that was seen."""
        if (there := self.head(stored.key)) is None or there.version != stored.version:
            return False
        del self.objects[stored.key]
        self.tags.pop(stored.key, None)
        return True
