"""What a destination must be able to do; S3 and a folder on disk both can."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from aind_lint.checksum import crc64nvme, encode_crc
from aind_lint.errors import ConflictError


class ContentChangedError(ConflictError):
    """The bytes being sent are not the bytes that were planned: the file changed meanwhile."""


@dataclass(frozen=True)
class Stored:
    """One object of a store.

    Attributes:
        key: Key below the store's root.
        size: Bytes.
        crc64nvme: Checksum of the whole object as S3 writes it, when it was asked for and the store knows it.
    """

    key: str
    size: int
    crc64nvme: str | None = None


@dataclass(frozen=True)
class Body:
    """What is to be stored: how much, with which checksum, and how to read it from the start."""

    size: int
    crc64nvme: str
    open: Callable[[], BinaryIO]

    @classmethod
    def of_bytes(cls, content: bytes) -> Body:
        """A body held in memory."""
        return cls(len(content), encode_crc(crc64nvme(content)), lambda: io.BytesIO(content))


class Store(Protocol):
    """A flat set of objects by key. There is no way to replace one.

    Every method raises `BucketError` when the store cannot be reached or refuses.
    """

    url: str

    def scan(self, prefix: str, limit: int | None = None) -> Iterator[Stored]:
        """The objects whose key begins with ``prefix``, in any order, without checksums; at most ``limit``."""

    def folders(self, prefix: str) -> list[str]:
        """The next parts of the keys below ``prefix`` that have more parts after them, sorted."""

    def head(self, key: str) -> Stored | None:
        """One object with its checksum, or None when there is none. The checksum may be unknown to the store."""

    def open(self, key: str) -> BinaryIO:
        """An object's bytes, as a stream."""

    def create(self, key: str, body: Body) -> bool:
        """Store an object under a key that has none.

        Returns:
            True when this call stored it; False when the key is taken, be it by an earlier try of this very call.

        Raises:
            ContentChangedError: The bytes read differ from what ``body`` says; nothing was stored.
        """
