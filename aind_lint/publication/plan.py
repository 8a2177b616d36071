"""The plan of a publication: exactly which bytes will be stored under which keys."""

from __future__ import annotations

import errno
import hashlib
import time
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from threading import Event, Lock
from typing import BinaryIO, cast

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.listing import FileStat
from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.bucket.body import MAX_OBJECT, Body, ContentChangedError, part_size
from aind_lint.bucket.manifest import Manifest, ManifestEntry
from aind_lint.bucket.upload_control import StoppedError
from aind_lint.errors import FileInUseError, UsageError, os_error_reason
from aind_lint.publication.progress import OnProgress, Progress, ignore_progress
from aind_lint.storage.checksum import combine_crc64nvme, crc64nvme, crc64nvme_of_next, decode_crc, encode_crc
from aind_lint.storage.sorted_table import SortedTable, Sorter, merge_join
from aind_lint.system.concurrency_limits import READERS
from aind_lint.system.file_in_use import is_file_in_use
from aind_lint.system.thread_pool import run_in_threads

#: Files of so many bytes are read in one piece.
_SINGLE_READ_BYTES = 1 << 20

#: Bytes of a SHA-256.
SHA256_BYTES = 32

#: Files that a reader takes at once.
_BATCH = 64

#: A batch of up to so many bytes is read in one thread, until two in a row take so many seconds each. Threads that
#: find small files in the cache only wait for Python's lock: on two idle cores 5,000 files of 16 KB take 0.11 s in one
#: thread and 0.78 s in four. On a slow disk or a network, threads wait for several files at the same time.
_SMALL_BATCH, _SLOW_BATCH = 16 * 2**20, 0.02


@dataclass(frozen=True)
class Plan:
    """What will be published.

    Attributes:
        asset: The asset, as it was checked.
        manifest: Every key with size and checksum.
        parts: For files sent in parts, by key: the index of the first part in ``part_crcs`` and the number of parts.
        part_crcs: The checksum of each of these parts.
        digests: The SHA-256 of every file, 32 bytes each in the order of the manifest, if they were asked for.
    """

    asset: Asset
    manifest: Manifest
    parts: Mapping[str, tuple[int, int]]
    part_crcs: array[int]
    digests: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        """The asset's name."""
        return self.manifest.asset

    @property
    def requests(self) -> int:
        """Write requests for all files: one for each, and for those in parts one for each part, begin and end."""
        return len(self.manifest) + len(self.parts) + len(self.part_crcs)

    def body(self, entry: ManifestEntry) -> Body:
        """The bytes of one file: of a sidecar those that were checked, of other files those on disk."""
        if entry.key in self.asset.sidecar_keys:
            sidecar = self.asset.sidecar(entry.key)
            assert sidecar is not None
            return Body.of_bytes(sidecar.raw)
        start, count = self.parts.get(entry.key, (0, 0))
        parts = self.part_crcs[start : start + count]
        return Body(entry.size, entry.crc64nvme, lambda: self._open(entry.key), parts)

    def read(self, entry: ManifestEntry) -> bytes:
        """All bytes of a small file, as they were planned.

        Raises:
            ContentChangedError: They have changed, or the file can no longer be read.
            UsageError: The system lets this program open no more files.
        """
        if self._opener is not None and entry.key not in self.asset.sidecar_keys:
            try:
                content = self._opener.read(entry.key, entry.size)
            except OSError:
                content = b""
            if len(content) == entry.size and encode_crc(crc64nvme(content)) == entry.crc64nvme:
                return content
        return self.body(entry).read(f"{self.name}/{entry.key}")  # explains the failure

    @cached_property
    def _opener(self) -> NoFollowOpener | None:
        root = self.asset.listing.root
        return NoFollowOpener(root) if root else None

    def _open(self, key: str) -> BinaryIO:
        try:
            return self.asset.listing.open(key)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):  # which says nothing of the file
                raise UsageError("the system lets this program open no more files; publish with fewer --jobs") from None
            reason = os_error_reason(error)
            raise ContentChangedError(key, f"can no longer be read: {reason}") from None

    def first_change(self, files: Mapping[str, FileStat]) -> tuple[str, str] | None:
        """The first file in which a fresh listing differs from the plan's, and what has happened to it."""
        before = self.asset.listing.files
        if before == files:
            return None
        for planned, found in merge_join(file_rows(before), file_rows(files)):
            if planned is None and found is not None:
                return found[0], "was added"
            if planned is not None and planned != found:
                return planned[0], "changed" if found else "was removed"
        return None


def refuse_large_files(asset: Asset) -> None:
    """Raise UsageError if a file is larger than an object of S3 can be."""
    for key, size, _ in file_rows(asset.listing.files):
        if size > MAX_OBJECT:
            raise UsageError(f"{key} has {size:,} bytes; an object of S3 has 5 TiB at most")


def plan_publication(
    asset: Asset, on_progress: OnProgress = ignore_progress, sha256: bool = False, stopping: Event | None = None
) -> Plan:
    """Read every file once and note its size and checksum, and if asked for its SHA-256.

    Args:
        asset: The asset.
        on_progress: Called with the progress.
        sha256: Whether to compute the SHA-256 of every file.
        stopping: Set when the plan is no longer needed.

    Raises:
        StoppedError: It is no longer needed.
        FileInUseError: Another program has a file open or locked.
        UsageError: A file cannot be read.
        ContentChangedError: A file has another size than when it was listed.
    """
    return _PlanBuilder(asset, on_progress, sha256, stopping or Event()).run()


class _PlanBuilder:
    """One pass over the files of an asset."""

    def __init__(self, asset: Asset, on_progress: OnProgress, sha256: bool, stopping: Event) -> None:
        self.asset = asset
        self.files = asset.listing.files
        self.sidecars = set(asset.sidecar_keys)
        self.crcs = array("Q", bytes(8 * len(self.files)))
        self.digests = bytearray(SHA256_BYTES * len(self.files) if sha256 else 0)
        self.parts = Sorter(SortedTable, "QQ")
        self.part_crcs = array("Q")
        self.on_progress = on_progress
        self.stopping = stopping
        self.lock = Lock()
        self.done = self.size = 0
        self.all_size = asset.listing.size

    def run(self) -> Plan:
        run_in_threads(self._read_quick(), self._read_batch, READERS, self.stopping)
        rows = ((key, size, crc) for (key, size, _), crc in zip(file_rows(self.files), self.crcs, strict=True))
        manifest = Manifest(self.asset.listing.name, SortedTable(rows, Manifest.COLUMNS))
        return Plan(self.asset, manifest, self.parts.table(), self.part_crcs, self.digests)

    def _read_quick(self) -> Iterator[list[tuple[int, str, int]]]:
        """Read small files in this thread as long as that is quick; the remaining batches."""
        batches = self._batches()
        slow = 0
        for batch in batches:
            if sum(size for _, _, size in batch) > _SMALL_BATCH:
                return chain([batch], batches)
            started = time.monotonic()
            self._read_batch(batch)
            slow = slow + 1 if time.monotonic() - started > _SLOW_BATCH else 0
            if slow == 2:  # the first batch also loads modules
                break
        return batches

    def _batches(self) -> Iterator[list[tuple[int, str, int]]]:
        rows = ((position, key, size) for position, (key, size, _) in enumerate(file_rows(self.files)))
        while batch := list(islice(rows, _BATCH)):
            yield batch

    def _read_batch(self, batch: list[tuple[int, str, int]]) -> None:
        if self.stopping.is_set():
            raise StoppedError
        for position, key, size in batch:
            self.crcs[position] = self._read(key, size, position)
        with self.lock:
            self.done += len(batch)
            self.on_progress(Progress("reading", self.done, self.size, len(self.files), self.all_size))

    def _read(self, key: str, size: int, position: int) -> int:
        """The checksum of one file."""
        if key in self.sidecars and (sidecar := self.asset.sidecar(key)) is not None:
            body = Body.of_bytes(sidecar.raw)
            if body.size != size:
                raise _changed_error(key)
            self._count(size)
            if self.digests:
                self._store_digest(position, hashlib.sha256(sidecar.raw).digest())
            return decode_crc(body.crc64nvme)
        try:
            with self.asset.listing.open(key) as stream:
                if is_file_in_use(stream):
                    raise FileInUseError(f"{key} is in use by another program; is it still being written?")
                if not self.digests:
                    return self._read_parts(key, size, stream)
                hashed = _HashingStream(stream)
                crc = self._read_parts(key, size, cast(BinaryIO, hashed))
                self._store_digest(position, hashed.digest.digest())
                return crc
        except OSError as error:
            raise UsageError(f"cannot read {key}: {os_error_reason(error)}") from None

    def _read_parts(self, key: str, size: int, stream: BinaryIO) -> int:
        if size <= _SINGLE_READ_BYTES:
            content = stream.read(size + 1)
            if len(content) != size:
                raise _changed_error(key)
            self._count(size)
            return crc64nvme(content)
        part = part_size(size)
        found: list[tuple[int, int]] = []
        left = size
        while left:
            read, crc = crc64nvme_of_next(stream, min(part, left))
            if read != min(part, left):
                raise _changed_error(key)
            found.append((crc, read))
            left -= read
            self._count(read)
        if stream.read(1):
            raise _changed_error(key)
        if len(found) > 1:
            with self.lock:
                self.parts.add((key, len(self.part_crcs), len(found)))
                self.part_crcs.extend(crc for crc, _ in found)
        return combine_crc64nvme(found) if len(found) > 1 else found[0][0]

    def _store_digest(self, position: int, digest: bytes) -> None:
        self.digests[position * SHA256_BYTES : (position + 1) * SHA256_BYTES] = digest

    def _count(self, size: int) -> None:
        with self.lock:
            self.size += size
            if size >= 1 << 20:
                self.on_progress(Progress("reading", self.done, self.size, len(self.files), self.all_size))


class _HashingStream:
    """A stream with the SHA-256 of what has been read of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk


def _changed_error(key: str) -> ContentChangedError:
    return ContentChangedError(
        key, "changed since the asset was listed; when no program writes to it any more, run the same command again"
    )
