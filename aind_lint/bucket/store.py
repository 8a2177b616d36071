"""The interface of a destination, and the objects it stores.

To add a store, write a class with the methods of the protocol `Store` (the simplest example is
``bucket/directory/store.py``), open it in ``bucket/open_store.py``, recognize its addresses in ``bucket/address.py``,
and add its probes to ``publication/destination_probes.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

from aind_lint.bucket.body import Body
from aind_lint.bucket.manifest import ManifestEntry

if TYPE_CHECKING:
    from aind_lint.bucket.batch_read import ObjectContent, ObjectRequest
    from aind_lint.bucket.rate_limiter import RateLimiter
    from aind_lint.bucket.upload_control import UploadControl


@dataclass(unsafe_hash=True)  # `frozen` makes an object three times as slow, and there are millions
class StoredObject:
    """One object of a store. It is not modified.

    Attributes:
        key: Key below the store's root.
        size: Bytes.
        crc64nvme: Checksum of the whole object in the encoding of S3; from `Store.head` only, if the store knows it.
        tag: The tag that `Store.upload` gave it; from `Store.head` only.
        version: Identifies exactly this object for a removal; from `Store.head` only.
        fallback_checksums: ``CRC32C`` and ``ETag`` of an object without CRC64NVME; from `Store.head` only.
        etag: Changes whenever a program writes to the key; None if the store does not report it. An equal one shows
            that the object is still the one that a write of this tool stored; another one shows nothing, because
            copying, restoring and replicating can change it.
        modified_ms: The time of the last change, milliseconds since 1970; from `Store.scan` only, if it is known.
        storage_class: The storage class, such as ``STANDARD``; from `Store.scan` only, if the store knows it.
    """

    key: str
    size: int
    crc64nvme: str | None = None
    tag: str | None = field(default=None, compare=False)
    version: str | None = field(default=None, compare=False)
    fallback_checksums: Mapping[str, str] = field(default_factory=dict, compare=False)
    etag: str | None = field(default=None, compare=False)
    modified_ms: int | None = field(default=None, compare=False)
    storage_class: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class MultipartUpload:
    """A multipart upload that was neither completed nor aborted.

    Attributes:
        key: Key below the store's root.
        id: The store's identifier of the upload.
        started: When it began, ISO 8601 with a time zone; None if the store does not report it.
    """

    key: str
    id: str
    started: str | None = field(default=None, compare=False)


@dataclass
class ResumeState:
    """The progress of a multipart upload, with which a later run on this machine continues it.

    Attributes:
        upload_id: The upload of an earlier run.
        part_etags: The ETags of the parts that an earlier run stored, by part number.
        record: Called with the upload's id, a part number and the ETag of the part once it is stored; with 0 and an
            empty ETag when the upload is created.
    """

    upload_id: str | None = None
    part_etags: dict[int, str] = field(default_factory=dict)
    record: Callable[[str, int, str], None] = lambda upload_id, part, etag: None


class UploadTask(NamedTuple):
    """A small object that a `SmallObjectUploader` stores.

    Attributes:
        key: Key below the store's root.
        entry: Its size and planned checksum.
        read: Reads the bytes and compares them with the plan; raises `ContentChangedError`. Called before every try.
        position: The position in the manifest.
    """

    key: str
    entry: ManifestEntry
    read: Callable[[], bytes]
    position: int


class UploadResult(IntEnum):
    """The result of an `UploadTask`."""

    #: It was not stored as far as is known, and another process is to try again.
    RETURNED = 0
    STORED = 1
    #: The key is taken.
    TAKEN = 2


#: Called with each task, its result, and the ETag of the object if it was stored.
OnResult = Callable[[UploadTask, UploadResult, "str | None"], None]


class SmallObjectUploader(Protocol):
    """Stores many small objects concurrently, each by a single request."""

    def run(self, tasks: Iterator[UploadTask], tag: str, on_result: OnResult) -> None:
        """Store every object; transient failures are retried.

        Args:
            tasks: The objects; taken one by one, when there is capacity.
            tag: The tag of the attempt.
            on_result: Called with each task that was stored or whose key is taken, by one thread or several; and with
                the ETag of the object that was stored.
        """


class Store(Protocol):
    """A flat set of objects by key. No method replaces an object.

    Every method raises `BucketError` if the store cannot be reached or refuses a request.

    Attributes:
        url: The address, as users write it.
        max_write_delay: Seconds for which a write can still arrive after its process has ended.
    """

    url: str
    max_write_delay: float

    @property
    def is_public(self) -> bool | None:
        """Whether everybody can read the store; None if it does not say so. It can take a request, once."""

    @property
    def proof(self) -> str:
        """How the store proves that objects arrived intact: the checksum that is compared, or "reading back"."""

    def scan(self, prefix: str, limit: int | None = None, boundaries: Sequence[str] = ()) -> Iterator[StoredObject]:
        """The objects whose key begins with ``prefix``, in any order, without checksums.

        Args:
            prefix: The beginning of the keys.
            limit: Maximum number of objects.
            boundaries: Sorted keys below ``prefix`` that are probably stored, fewer than a page apart. A distant bucket
                is listed from many of them at the same time; they need be neither complete nor correct.
        """

    def scan_level(self, prefix: str) -> tuple[list[str], list[StoredObject]]:
        """The names of the folders directly below ``prefix``, and the objects there, without checksums; both sorted."""

    def head(self, key: str) -> StoredObject | None:
        """One object with checksum, tag and version, as far as the store knows them; None if there is no object."""

    def open(self, key: str) -> BinaryIO:
        """The content of an object, as a stream."""

    def open_range(self, key: str, start: int, length: int) -> BinaryIO:
        """A part of the content of an object, as a stream; shorter where the object ends."""

    def read_many(self, requests: Iterable[ObjectRequest], rate_limiter: RateLimiter = ...) -> Iterator[ObjectContent]:
        """Small objects, in any order, each in the version that was listed; closing the iterator ends the requests.

        An object that cannot be read has a reason; it does not end the reading of others.

        Args:
            requests: The objects; taken one by one, when there is capacity.
            rate_limiter: How many requests may begin in a second.
        """

    def create(self, key: str, body: Body) -> str | None:
        """Store an object under a free key, in a single write: of several writers exactly one succeeds.

        Returns:
            The ETag of the object that this call stored; None if the key is taken, also by an earlier try of this
            call.

        Raises:
            ContentChangedError: The content differs from size or checksum of ``body``; nothing was stored.
        """

    def upload(self, key: str, body: Body, tag: str, resume_state: ResumeState | None = None) -> str | None:
        """As `create`, for data objects: of any size, fast, and with a ``tag``.

        A multipart upload continues from ``resume_state`` and records its progress there.
        """

    def start_workers(self, root: Path, asset: str, max_requests: int) -> int:
        """Start processes that help the uploader of `upload_loop`, if that is possible and worth while.

        Args:
            root: The folder with the files of the asset.
            asset: The asset's name.
            max_requests: The most concurrent requests of all processes.

        Returns:
            How many were started.
        """

    def stop_workers(self) -> None:
        """End the processes of `start_workers`."""

    def upload_loop(self, control: UploadControl, max_requests: int) -> SmallObjectUploader | None:
        """An event loop for objects that are sent by a single request; None where only `upload` can store objects.

        Args:
            control: Rate limit, stop and freshness check.
            max_requests: The most concurrent requests.
        """

    def refuses_completion(self, key: str, body: Body) -> bool:
        """Whether the store refuses to complete a multipart upload of ``body``, which is stored at ``key`` already.

        Raises:
            UnsupportedServerError: The store does not support the condition.
        """

    def stop(self) -> None:
        """Cancel all unfinished requests at once; for a run that is interrupted."""

    def write_lock(self, asset: str) -> AbstractContextManager[None]:
        """A shared lock for writing an asset; raises `ConflictError` while another process removes it."""

    def removal_lock(self, asset: str) -> AbstractContextManager[None]:
        """An exclusive lock for removing an unfinished asset; raises `ConflictError` while a process writes it."""

    def age(self, key: str) -> float:
        """Seconds since an object was stored, by the clock of the store."""

    def list_uploads(self, prefix: str) -> list[MultipartUpload]:
        """The unfinished multipart uploads whose key begins with ``prefix``."""

    def abort_upload(self, upload: MultipartUpload) -> None:
        """Abort a multipart upload; no error if it has ended already."""

    def remove(self, stored: StoredObject) -> bool:
        """Remove exactly the object that `head` returned; False if it has changed since."""
