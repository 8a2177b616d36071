"""A folder that serves as a bucket: each key is written once, as a whole, and never replaced.

An object is written to a temporary file, flushed to disk, and then given its name by a hard link, which fails if the
name exists. A crash leaves no object or a complete one. Without hard links, files are renamed under a lock.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from aind_lint.bucket.body import Body, ContentChangedError
from aind_lint.bucket.directory.placement import NO_HARD_LINKS, make_parents, place_file, sync_folder
from aind_lint.bucket.directory.reader import SCRATCH, DirectoryReader, etag_of, identity_of
from aind_lint.bucket.store import MultipartUpload, ResumeState, StoredObject
from aind_lint.storage.checksum import crc64nvme, encode_crc
from aind_lint.system.file_locks import AssetLocks

#: Seconds without a write after which a temporary file counts as left by a process that has ended.
_STALE_SECONDS = 24 * 3600

_CHUNK = 1 << 20


class DirectoryStore(DirectoryReader):
    """A bucket in a folder.

    Attributes:
        max_write_delay: 0, because processes that write hold a lock.
        proof: The checksum that is compared when a file is written.
    """

    max_write_delay: float = 0
    proof = "CRC64NVME"

    def __init__(self, root: Path, new: bool = False) -> None:
        """As `DirectoryReader`."""
        super().__init__(root, new)
        self._cleaned = False
        self._locks = AssetLocks(self.root / SCRATCH / "locks")

    def create(self, key: str, body: Body) -> str | None:
        """Store an object under a free key."""
        return self._store(key, body, None)

    def upload(self, key: str, body: Body, tag: str, resume_state: ResumeState | None = None) -> str | None:
        """Store an object under a free key, and its tag in a separate file."""
        return self._store(key, body, tag)

    def _store(self, key: str, body: Body, tag: str | None) -> str | None:
        self._require_folder()
        final = self._path(key)
        try:
            if final.exists():
                return None
            self.root.mkdir(exist_ok=True)
            scratch = self.root / SCRATCH
            scratch.mkdir(exist_ok=True)
            self._clean(scratch)
            temporary = scratch / uuid.uuid4().hex
            try:
                self._write(temporary, key, body)
                written = temporary.stat()
                if tag is not None:
                    self._tags.add(key.partition("/")[0], key, written, tag)
                make_parents(final)
                created = place_file(temporary, final, scratch)
            finally:
                temporary.unlink(missing_ok=True)
            if not created:
                return None
            sync_folder(final.parent)
            # The links changed the file's ctime. Of a file that another program has put there meanwhile, the ETag
            # must not be taken.
            placed = final.lstat() if final.exists() else written
            return etag_of(placed if identity_of(placed) == identity_of(written) else written)
        except OSError as error:
            raise self._bucket_error(error) from None

    def probe(self) -> str:
        """Test writing by a temporary file, and describe the result."""
        self._require_folder()
        if not self.root.exists():
            return f"{self.url} does not exist yet; the first write creates it"
        scratch = self.root / SCRATCH
        temporary, final = scratch / uuid.uuid4().hex, scratch / uuid.uuid4().hex
        try:
            scratch.mkdir(exist_ok=True)
            temporary.write_bytes(b"")
            try:
                os.link(temporary, final)
                method = "files get their names by hard links"
            except OSError as error:
                if error.errno not in NO_HARD_LINKS:
                    raise
                method = "no hard links: files are renamed under a lock"
            finally:
                temporary.unlink(missing_ok=True)
                final.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it is in use
                scratch.rmdir()
            free = shutil.disk_usage(self.root).free
        except OSError as error:
            raise self._bucket_error(error) from None
        return f"{self.url} can be written; {method}; {free / 1e9:,.1f} GB free"

    def start_workers(self, root: Path, asset: str, max_requests: int) -> int:
        """None: a disk writes one file after the other."""
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

    @contextlib.contextmanager
    def write_lock(self, asset: str) -> Iterator[None]:
        """The shared lock of an asset. When the context ends without an error, the tags of the asset are removed."""
        self._require_folder()
        with self._os_errors_converted(), self._locks.shared(asset):
            yield
            self._tags.forget(asset)

    @contextlib.contextmanager
    def removal_lock(self, asset: str) -> Iterator[None]:
        """The exclusive lock of an asset; its tags are loaded inside, and removed at the end."""
        self._require_folder()
        with self._os_errors_converted(), self._locks.exclusive(asset):
            self._tags.load(asset)
            yield
            self._tags.forget(asset)

    @contextlib.contextmanager
    def _os_errors_converted(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._bucket_error(error) from None

    def list_uploads(self, prefix: str) -> list[MultipartUpload]:
        """Always empty, since there are no multipart uploads."""
        return []

    def abort_upload(self, upload: MultipartUpload) -> None:
        """Nothing to abort."""

    def remove(self, stored: StoredObject) -> bool:
        """Remove a file if it still has the version of ``stored``."""
        path = self._path(stored.key)
        try:
            if identity_of(path.lstat()) != stored.version:
                return False
            path.unlink()
            sync_folder(path.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._bucket_error(error) from None
        with contextlib.suppress(OSError):  # a folder that is not empty stays
            for folder in path.parents:
                if folder == self.root:
                    break
                folder.rmdir()
        return True

    def _clean(self, scratch: Path) -> None:
        """Remove old temporary files, once per run. A suspended process whose file is removed fails and can restart."""
        if self._cleaned:
            return
        self._cleaned = True
        for path in scratch.iterdir():
            with contextlib.suppress(OSError):  # removed by another process, or owned by another user
                if re.fullmatch("[0-9a-f]{32}", path.name) and time.time() - path.lstat().st_mtime > _STALE_SECONDS:
                    path.unlink()

    def _write(self, temporary: Path, key: str, body: Body) -> None:
        size, crc = 0, 0
        with body.open() as source, temporary.open("xb") as target:
            while size <= body.size and (chunk := source.read(_CHUNK)):  # a growing file must not be read forever
                size += len(chunk)
                crc = crc64nvme(chunk, crc)
                target.write(chunk)
            if (size, encode_crc(crc)) != (body.size, body.crc64nvme):
                raise ContentChangedError(key)
            target.flush()
            os.fsync(target.fileno())
