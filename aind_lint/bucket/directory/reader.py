"""A folder that serves as a bucket, as far as it is read: its listing, and the content of its objects."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from aind_lint.bucket.address import suggest_bucket
from aind_lint.bucket.batch_read import ObjectContent, ObjectRequest, read_one_by_one
from aind_lint.bucket.directory.directory_tags import DirectoryTags
from aind_lint.bucket.rate_limiter import NO_RATE_LIMIT, RateLimiter
from aind_lint.bucket.store import StoredObject
from aind_lint.errors import BucketError, os_error_reason
from aind_lint.storage.checksum import crc64nvme_of_stream
from aind_lint.system.disk_paths import literal_path

#: Folder of temporary files, locks and tags; no asset can have this name.
SCRATCH = ".aind-lint-scratch"

#: Code of Windows for a path that cannot exist.
_ERROR_INVALID_NAME = 123


class DirectoryReader:
    """The objects of a bucket in a folder.

    Attributes:
        root: The folder.
        url: The folder as the user named it.
        links: Links and special files that were left out of listings, because they are no objects.
        is_public: None, because others may copy the folder to where everybody can read it.
    """

    is_public: bool | None = None

    def __init__(self, root: Path, new: bool = False) -> None:
        """A bucket in the folder ``root``.

        Args:
            root: The folder.
            new: Whether the folder need not exist if its parent does; the first write creates it.
        """
        self.root = Path(literal_path(root.absolute()))
        self.url = str(root)
        self.links = 0
        self._new = new
        self._tags = DirectoryTags(self.root / SCRATCH / "marks")

    def scan(self, prefix: str, limit: int | None = None, boundaries: Sequence[str] = ()) -> Iterator[StoredObject]:
        """The objects below ``prefix``."""
        self._require_folder()
        base = prefix.rpartition("/")[0]
        found = self._walk(base + "/" if base else "")
        return islice((stored for stored in found if stored.key.startswith(prefix)) if prefix else found, limit)

    def _walk(self, prefix: str) -> Iterator[StoredObject]:
        pending = [(prefix, str(self._path(prefix.rstrip("/")) if prefix else self.root))]
        while pending:
            current, folder = pending.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        name = entry.name
                        if entry.is_dir(follow_symlinks=False):
                            key = current + name
                            if key != SCRATCH:
                                pending.append((key + "/", entry.path))
                        elif entry.is_file(follow_symlinks=False):
                            try:
                                info = entry.stat(follow_symlinks=False)
                            except FileNotFoundError:
                                continue  # removed meanwhile
                            modified = info.st_mtime_ns // 1_000_000
                            yield StoredObject(current + name, info.st_size, etag=etag_of(info), modified_ms=modified)
                        else:
                            self.links += 1
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
                    objects.append(StoredObject(prefix + entry.name, info.st_size, etag=etag_of(info)))
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
        return StoredObject(key, size, crc, self._tags.tag(key, info), identity_of(info), etag=etag_of(info))

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

    def age(self, key: str) -> float:
        """Seconds since an object was stored."""
        try:
            return max(0.0, time.time() - self._path(key).lstat().st_mtime)
        except OSError as error:
            raise self._bucket_error(error) from None

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


def etag_of(info: os.stat_result) -> str:
    """Changes whenever a program writes to the file or puts another one in its place.

    On Windows a listing reports no inode, and ctime is the time of creation.
    """
    if os.name == "nt":
        return f"{info.st_size} {info.st_mtime_ns}"
    return f"{info.st_ino} {info.st_size} {info.st_mtime_ns} {info.st_ctime_ns}"


def identity_of(info: os.stat_result) -> str:
    """Identifies a file among all that have the same name at some time."""
    return f"{info.st_ino} {info.st_size} {info.st_mtime_ns}"
