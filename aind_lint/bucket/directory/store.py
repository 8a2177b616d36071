"""A folder that serves as a bucket: each key is written once, as a whole, and never replaced.

An object is written to a temporary file, flushed to disk, and then given its name by a hard link, which fails if the
name exists. A crash leaves no object or a complete one. Without hard links, files are renamed under a lock.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.listing.listing_shards import NO_SHARDS, ListingShards
from aind_lint.bucket.address import suggest_bucket
from aind_lint.bucket.batch_read import ObjectContent, ObjectRequest, read_one_by_one
from aind_lint.bucket.directory.directory_tags import DirectoryTags
from aind_lint.bucket.directory.placement import NO_HARD_LINKS, make_parents, place_file, sync_folder
from aind_lint.bucket.store import Body, ContentChangedError, MultipartUpload, ResumeState, StoredObject
from aind_lint.bucket.upload_control import NO_RATE_LIMIT, RateLimiter
from aind_lint.errors import BucketError, os_error_reason
from aind_lint.storage.checksum import crc64nvme, crc64nvme_of_stream, encode_crc
from aind_lint.system.disk_paths import literal_path
from aind_lint.system.file_locks import AssetLocks

#: Folder of temporary files, locks and tags; no asset can have this name.
SCRATCH = ".aind-lint-scratch"

#: Seconds without a write after which a temporary file counts as left by a process that has ended.
_STALE_SECONDS = 24 * 3600

_CHUNK = 1 << 20

#: Code of Windows for a path that cannot exist.
_ERROR_INVALID_NAME = 123


class DirectoryStore:
    """A bucket in a folder.

    Attributes:
        root: The folder.
        url: The folder as the user named it.
        max_write_delay: 0, because processes that write hold a lock.
        proof: The checksum that is compared when a file is written.
    """

    max_write_delay: float = 0
    proof = "CRC64NVME"

    def __init__(self, root: Path, new: bool = False) -> None:
        """A bucket in the folder ``root``.

        Args:
            root: The folder.
            new: Whether the folder need not exist if its parent does; the first write creates it.
        """
        self.root = Path(literal_path(root.absolute()))
        self.url = str(root)
        self._new = new
        self._cleaned = False
        self._tags = DirectoryTags(self.root / SCRATCH / "marks")
        self._locks = AssetLocks(self.root / SCRATCH / "locks")

    def scan(self, prefix: str, limit: int | None = None, shards: ListingShards = NO_SHARDS) -> Iterator[StoredObject]:
        """The objects below ``prefix``."""
        self._require_folder()
        base = prefix.rpartition("/")[0]
        count = 0
        for stored in self._walk(base + "/" if base else ""):
            if stored.key.startswith(prefix):
                if limit is not None and count >= limit:
                    return
                count += 1
                yield stored

    def _walk(self, prefix: str) -> Iterator[StoredObject]:
        pending = [(prefix, str(self._path(prefix.rstrip("/")) if prefix else self.root))]
        while pending:
            current, folder = pending.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        key = current + entry.name
                        if entry.is_dir(follow_symlinks=False):
                            if key != SCRATCH:
                                if "\\" in entry.name:
                                    self._path(key)  # raises an error
                                pending.append((key + "/", entry.path))
                        elif entry.is_file(follow_symlinks=False):
                            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                                info = entry.stat(follow_symlinks=False)
                                modified = datetime.fromtimestamp(info.st_mtime, timezone.utc).isoformat()
                                yield StoredObject(key, info.st_size, etag=_etag(info), modified=modified)
            except OSError as error:
                if _is_no_folder(error):
                    continue
                raise self._bucket_error(error) from None

    def scan_level(self, prefix: str) -> tuple[list[str], list[StoredObject]]:
        """The folders and the files directly below ``prefix``."""
        self._require_folder()
        folder = self._path(prefix.rstrip("/")) if prefix else self.root
        try:
            with os.scandir(folder) as found:
                entries = sorted((entry for entry in found if entry.name != SCRATCH), key=lambda entry: entry.name)
        except OSError as error:
            if _is_no_folder(error):
                return [], []
            raise self._bucket_error(error) from None
        folders: list[str] = []
        objects: list[StoredObject] = []
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    info = entry.stat(follow_symlinks=False)
                    objects.append(StoredObject(prefix + entry.name, info.st_size, etag=_etag(info)))
        return folders, objects

    def head(self, key: str) -> StoredObject | None:
        """One object; its checksum is computed from its bytes."""
        self._require_folder()
        try:
            path = self._path(key)
            info = path.lstat()
            if not stat.S_ISREG(info.st_mode):
                return None
            with path.open("rb") as stream:
                size, crc = crc64nvme_of_stream(stream)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._bucket_error(error) from None
        return StoredObject(key, size, crc, self._tags.tag(key, info), _identity(info), etag=_etag(info))

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        try:
            return self._path(key).open("rb")
        except OSError as error:
            raise self._bucket_error(error) from None

    def open_range(self, key: str, start: int, length: int) -> BinaryIO:
        """A part of an object's bytes."""
        with self.open(key) as stream:
            stream.seek(start)
            return io.BytesIO(stream.read(length))

    def read_many(
        self, requests: Iterable[ObjectRequest], rate_limiter: RateLimiter = NO_RATE_LIMIT
    ) -> Iterator[ObjectContent]:
        """Many small objects, one after the other."""
        return read_one_by_one(lambda key: self._path(key).open("rb"), requests)

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
            return _etag(placed if _identity(placed) == _identity(written) else written)
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

    def is_public(self) -> None:
        """Unknown: others may copy the folder to where everybody can read it."""

    def age(self, key: str) -> float:
        """Seconds since an object was stored."""
        try:
            return max(0.0, time.time() - self._path(key).lstat().st_mtime)
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
            if _identity(path.lstat()) != stored.version:
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

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        forbidden = "\\\0:" if os.name == "nt" else "\\\0"  # on Windows "C:" is a drive
        if any(part in ("", ".", "..") or any(c in part for c in forbidden) for part in parts):
            raise BucketError(f"the key '{key}' cannot be a path in a directory bucket")
        return self.root.joinpath(*parts)

    def _require_folder(self) -> None:
        try:
            exists = self.root.exists()
            if self.root.is_dir() or (self._new and not exists and self.root.parent.is_dir()):
                return
        except OSError as error:
            raise self._bucket_error(error) from None
        raise BucketError(
            f"the bucket {self.url} {'is not a folder' if exists else f'does not exist{suggest_bucket(self.url)}'}"
        )

    def _bucket_error(self, error: OSError) -> BucketError:
        # Of two files the first is a temporary one, and the second that of an object.
        path = error.filename2 or error.filename
        name = f" ({Path(path).name})" if isinstance(path, (str, Path)) else ""
        return BucketError(f"the bucket {self.url} cannot be used: {os_error_reason(error)}{name}")


def _is_no_folder(error: OSError) -> bool:
    """Whether a folder could not be listed because there is none: nothing, a file, or a name that cannot exist."""
    missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
    return missing or getattr(error, "winerror", None) == _ERROR_INVALID_NAME


def _etag(info: os.stat_result) -> str:
    """Changes whenever a program writes to the file or puts another one in its place.

    On Windows a listing reports no inode, and ctime is the time of creation.
    """
    if os.name == "nt":
        return f"{info.st_size} {info.st_mtime_ns}"
    return f"{info.st_ino} {info.st_size} {info.st_mtime_ns} {info.st_ctime_ns}"


def _identity(info: os.stat_result) -> str:
    """Identifies a file among all that have the same name at some time."""
    return f"{info.st_ino} {info.st_size} {info.st_mtime_ns}"
