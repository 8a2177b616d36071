"""What a destination must be able to do; S3 and a folder on disk both can."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile, gettempdir
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, cast

from aind_lint.asset.listing.listing_shards import NO_SHARDS, ListingShards
from aind_lint.bucket.manifest import Entry
from aind_lint.errors import ConflictError, UsageError, os_error_reason
from aind_lint.storage.checksum import crc64nvme, encode_crc

if TYPE_CHECKING:
    from aind_lint.bucket.upload_control import UploadControl

#: The largest object of a single request in S3.
MAX_SINGLE = 5 * 2**30

#: The largest object in S3 at all.
MAX_OBJECT = 5 * 2**40

_SMALLEST_PART = 16 * 2**20
_MAX_PARTS = 10_000
_SPOOLED = 4 * 2**20


class ContentChangedError(ConflictError):
    """The bytes being sent are not the bytes that were planned: the file changed meanwhile."""

    def __init__(
        self,
        key: str,
        what: str = "changed while it was being published, and nothing of the change was stored; "
        "when no program writes to it any more, run the same command again",
    ) -> None:
        super().__init__(f"{key} {what}")


@dataclass(frozen=True)
class Stored:
    """One object of a store.

    Attributes:
        key: Key below the store's root.
        size: Bytes.
        crc64nvme: Checksum of the whole object as S3 writes it, when it was asked for and the store knows it.
        tag: The mark that `Store.upload` left on it, when it was asked for.
        version: What names exactly this object for a removal, when it was asked for.
        sums: Other sums of the whole by name, ``CRC32C`` and ``ETag``, when it was asked for and has no CRC64NVME.
    """

    key: str
    size: int
    crc64nvme: str | None = None
    tag: str | None = field(default=None, compare=False)
    version: str | None = field(default=None, compare=False)
    sums: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Upload:
    """An upload in parts that was begun, and neither completed nor aborted.

    Attributes:
        key: Key below the store's root.
        id: What the store calls it.
    """

    key: str
    id: str


@dataclass(frozen=True)
class Body:
    """What is to be stored: how much, with which checksum, and how to read it from the start.

    Attributes:
        size: Bytes.
        crc64nvme: Checksum of the whole.
        open: Gives the bytes as a stream that can seek.
        parts: Of a body larger than one part, the checksum of each.
    """

    size: int
    crc64nvme: str
    open: Callable[[], BinaryIO]
    parts: Sequence[int] = ()

    def read(self, key: str) -> bytes:
        """All of it, which is what was planned.

        Raises:
            ContentChangedError: It is something else by now.
        """
        with self.open() as stream:
            content = stream.read(self.size + 1)
        if len(content) != self.size or encode_crc(crc64nvme(content)) != self.crc64nvme:
            raise ContentChangedError(key)
        return content

    @classmethod
    def of_bytes(cls, content: bytes) -> Body:
        """A body held in memory."""
        return cls(len(content), encode_crc(crc64nvme(content)), lambda: io.BytesIO(content))

    @classmethod
    def of_chunks(cls, chunks: Callable[[], Iterable[bytes]]) -> Body:
        """A body that is made piece by piece, each time anew; what is large goes through a temporary file."""
        size = crc = 0
        kept: list[bytes] = []
        for chunk in chunks():
            size += len(chunk)
            crc = crc64nvme(chunk, crc)
            if size <= _SPOOLED:
                kept.append(chunk)
        if size <= _SPOOLED:
            content = b"".join(kept)
            return cls(size, encode_crc(crc), lambda: io.BytesIO(content))

        def open_spooled() -> BinaryIO:
            stream = SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115 - the caller closes it
            try:
                for chunk in chunks():
                    stream.write(chunk)
                stream.seek(0)
            except OSError as error:
                with suppress(OSError):
                    stream.close()
                reason = os_error_reason(error)
                raise UsageError(
                    f"the folder for temporary files, {gettempdir()}, cannot take {size:,} bytes ({reason}); "
                    "make room there, or name another folder in TMPDIR"
                ) from None
            return cast(BinaryIO, stream)

        return cls(size, encode_crc(crc), open_spooled)


@dataclass
class ResumeState:
    """What is noted of an upload in parts, so that a later run on this machine goes on with the same one.

    Attributes:
        upload: The upload's id, from an earlier run.
        parts: By number, the ETags that the server answered for parts, from an earlier run.
        note: Told what this run adds: an upload's id; with the number and the ETag of each part, once that is stored.
    """

    upload: str | None = None
    parts: dict[int, str] = field(default_factory=dict)
    note: Callable[[str, int, str], None] = lambda upload, part, etag: None


class UploadTask(NamedTuple):
    """A small object that an `UploadLoop` stores.

    Attributes:
        key: Key below the store's root.
        entry: Its size and planned checksum.
        read: Reads the bytes and compares them with the plan; raises `ContentChangedError`. Called before every try.
        position: The position in the manifest.
    """

    key: str
    entry: Entry
    read: Callable[[], bytes]
    position: int


class UploadLoop(Protocol):
    """An event loop that stores many small objects concurrently."""

    def run(self, tasks: Iterator[UploadTask], tag: str, on_result: Callable[[UploadTask, bool], None]) -> None:
        """Store every object; transient failures are retried.

        Args:
            tasks: The objects; taken one by one, when there is capacity.
            tag: The tag of the attempt.
            on_result: Called with each task and whether it was stored; False means that the key is taken.
        """


def part_size(size: int) -> int:
    """Bytes of a part of an object of ``size`` bytes; what is no larger than its part is sent in one piece."""
    part = _SMALLEST_PART
    while part * _MAX_PARTS < size:
        part *= 2
    return part


class Store(Protocol):
    """A flat set of objects by key. There is no way to replace one.

    Every method raises `BucketError` when the store cannot be reached or refuses.

    Attributes:
        url: The address, as a person writes it.
        grace: Seconds for which a write of a writer that has died can still arrive.
    """

    url: str
    grace: float

    @property
    def proof(self) -> str:
        """What proves that the bytes of an object have arrived: the checksum that is compared, or reading it back."""

    def scan(self, prefix: str, limit: int | None = None, branches: ListingShards = NO_SHARDS) -> Iterator[Stored]:
        """The objects whose key begins with ``prefix``, in any order, without checksums.

        Args:
            prefix: The beginning of the keys.
            limit: The most objects.
            branches: Folders below ``prefix`` that are worth listing folder by folder. That they are true or complete
                is not relied on.
        """

    def folders(self, prefix: str) -> list[str]:
        """The next parts of the keys below ``prefix`` that have more parts after them, sorted."""

    def head(self, key: str) -> Stored | None:
        """One object with checksum, tag and version, or None when there is none. The store may not know all of them."""

    def open(self, key: str) -> BinaryIO:
        """An object's bytes, as a stream."""

    def create(self, key: str, body: Body) -> bool:
        """Store an object under a key that has none, by a single write that decides a race.

        Returns:
            True when this call stored it; False when the key is taken, be it by an earlier try of this very call.

        Raises:
            ContentChangedError: The bytes read differ from what ``body`` says; nothing was stored.
        """

    def upload(self, key: str, body: Body, tag: str, trail: ResumeState | None = None) -> bool:
        """The same for data: of any size, fast, and marked with ``tag``; an upload in parts leaves a ``trail``.

        What has been stored of it in parts by an earlier run is not sent again.
        """

    def upload_loop(self, control: UploadControl, max_requests: int) -> UploadLoop | None:
        """An event loop for objects that are sent by a single request; None where only `upload` can store objects.

        Args:
            control: Rate limit, stop and freshness check.
            max_requests: The most concurrent requests.
        """

    def stop(self) -> None:
        """Give up, within a moment, what has been begun and is not finished; for a run that is interrupted."""

    def writing(self, asset: str) -> AbstractContextManager[None]:
        """Held by whoever writes an asset; refused with `ConflictError` while somebody removes it."""

    def removing(self, asset: str) -> AbstractContextManager[None]:
        """Held by whoever removes an unfinished asset; refused with `ConflictError` while somebody writes it."""

    def age(self, key: str) -> float:
        """Seconds since an object was stored, by the store's own clock."""

    def uploads(self, prefix: str) -> list[Upload]:
        """Every unfinished upload in parts whose key begins with ``prefix``."""

    def abort(self, upload: Upload) -> None:
        """Give up an unfinished upload; one that is over already is no failure."""

    def remove(self, stored: Stored) -> bool:
        """Remove exactly the object that `head` saw; False when it is another one by now."""
