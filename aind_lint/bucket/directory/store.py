"""A folder that behaves as a bucket: keys are written once, whole, and never replaced.

An object is written to a temporary file, flushed to disk, and then given its name by a hard link, which fails when the
name exists; a crash leaves either no object or a whole one. File systems without hard links get a rename under a lock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.listing.listing_shards import NO_SHARDS, ListingShards
from aind_lint.bucket.address import meant_bucket
from aind_lint.bucket.directory.directory_tags import DirectoryTags
from aind_lint.bucket.store import Body, ContentChangedError, ResumeState, Stored, Upload
from aind_lint.errors import BucketError, os_error_reason
from aind_lint.storage.checksum import crc64nvme, crc64nvme_of_stream, encode_crc
from aind_lint.system.file_locks import AssetLocks

#: Where objects are written before they get their names; no asset can be called like this.
SCRATCH = ".aind-lint-scratch"

#: After so many seconds without a write a scratch file is taken for that of a writer that died.
_STALE = 24 * 3600

_CHUNK = 1 << 20
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL}


class DirectoryStore:
    """A bucket in a folder.

    Attributes:
        root: The folder.
        url: The folder as the user named it.
        grace: Nothing can arrive late: who writes holds a lock.
        proof: What is compared when a file is written.
    """

    grace: float = 0
    proof = "CRC64NVME"

    def __init__(self, root: Path, new: bool = False) -> None:
        """A bucket in the folder ``root``.

        Args:
            root: The folder.
            new: The folder may still be missing: it is made on the first write, if its parent exists.
        """
        self.root = root.absolute()
        self.url = root.as_posix()
        self._new = new
        self._swept = False
        self._marks = DirectoryTags(self.root / SCRATCH / "marks")
        self._locks = AssetLocks(self.root / SCRATCH / "locks")

    def scan(self, prefix: str, limit: int | None = None, branches: ListingShards = NO_SHARDS) -> Iterator[Stored]:
        """The objects below ``prefix``."""
        self._require()
        base = prefix.rpartition("/")[0]
        count = 0
        for stored in self._walk(base + "/" if base else ""):
            if stored.key.startswith(prefix):
                if limit is not None and count >= limit:
                    return
                count += 1
                yield stored

    def _walk(self, prefix: str) -> Iterator[Stored]:
        pending = [prefix]
        while pending:
            here = pending.pop()
            folder = self._path(here.rstrip("/")) if here else self.root
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        key = here + entry.name
                        if entry.is_dir(follow_symlinks=False):
                            if key != SCRATCH:
                                pending.append(key + "/")
                        elif entry.is_file(follow_symlinks=False):
                            with contextlib.suppress(FileNotFoundError):  # removed a moment ago
                                yield Stored(key, entry.stat(follow_symlinks=False).st_size)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise self._failure(error) from None

    def folders(self, prefix: str) -> list[str]:
        """The folders directly below ``prefix``."""
        self._require()
        folder = self._path(prefix.rstrip("/")) if prefix else self.root
        try:
            with os.scandir(folder) as entries:
                return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and e.name != SCRATCH)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise self._failure(error) from None

    def head(self, key: str) -> Stored | None:
        """One object; its checksum is computed from its bytes."""
        self._require()
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
            raise self._failure(error) from None
        return Stored(key, size, crc, self._marks.tag(key, info), _identity(info))

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        try:
            return self._path(key).open("rb")
        except OSError as error:
            raise self._failure(error) from None

    def create(self, key: str, body: Body) -> bool:
        """Store an object under a free key."""
        return self._store(key, body, None)

    def upload(self, key: str, body: Body, tag: str, trail: ResumeState | None = None) -> bool:
        """Store an object under a free key, and keep who stored it outside of it."""
        return self._store(key, body, tag)

    def _store(self, key: str, body: Body, tag: str | None) -> bool:
        self._require()
        final = self._path(key)
        try:
            if final.exists():
                return False
            self.root.mkdir(exist_ok=True)
            scratch = self.root / SCRATCH
            scratch.mkdir(exist_ok=True)
            self._sweep(scratch)
            temporary = scratch / uuid.uuid4().hex
            try:
                self._write(temporary, key, body)
                if tag is not None:
                    self._marks.add(key.partition("/")[0], key, temporary.stat(), tag)
                self._make_parents(final)
                created = _place(temporary, final, scratch)
            finally:
                temporary.unlink(missing_ok=True)
            if created:
                _sync_folder(final.parent)
            return created
        except OSError as error:
            raise self._failure(error) from None

    def probe(self) -> str:
        """Write a file, give it its name, and remove it again; what was found."""
        self._require()
        if not self.root.exists():
            return f"{self.url} does not exist yet; it is made on the first write"
        scratch = self.root / SCRATCH
        temporary, final = scratch / uuid.uuid4().hex, scratch / uuid.uuid4().hex
        try:
            scratch.mkdir(exist_ok=True)
            temporary.write_bytes(b"")
            try:
                os.link(temporary, final)
                how = "files get their names by hard links"
            except OSError as error:
                if error.errno not in _NO_HARD_LINKS:
                    raise
                how = "without hard links: files get their names by renaming, under a lock"
            finally:
                temporary.unlink(missing_ok=True)
                final.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it is in use
                scratch.rmdir()
            free = shutil.disk_usage(self.root).free
        except OSError as error:
            raise self._failure(error) from None
        return f"{self.url} may be written; {how}; {free / 1e9:,.1f} GB free"

    def upload_loop(self, control: object, max_requests: int) -> None:
        """There are no requests here that could wait concurrently."""

    def stop(self) -> None:
        """Nothing is left behind that would have to be given up."""

    @contextlib.contextmanager
    def writing(self, asset: str) -> Iterator[None]:
        """A lock that writers share and that whoever removes the asset has alone; ended well, the asset is done."""
        self._require()
        with self._guard(), self._locks.shared(asset):
            yield
            self._marks.forget(asset)

    @contextlib.contextmanager
    def removing(self, asset: str) -> Iterator[None]:
        """The same lock, alone."""
        self._require()
        with self._guard(), self._locks.exclusive(asset):
            self._marks.load(asset)
            yield
            self._marks.forget(asset)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failure(error) from None

    def age(self, key: str) -> float:
        """Seconds since an object was stored."""
        try:
            return max(0.0, time.time() - self._path(key).lstat().st_mtime)
        except OSError as error:
            raise self._failure(error) from None

    def uploads(self, prefix: str) -> list[Upload]:
        """There are no uploads in parts."""
        return []

    def abort(self, upload: Upload) -> None:
        """There is nothing to abort."""

    def remove(self, stored: Stored) -> bool:
        """Remove a file if it is still the one that was seen."""
        path = self._path(stored.key)
        try:
            if _identity(path.lstat()) != stored.version:
                return False
            path.unlink()
            _sync_folder(path.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._failure(error) from None
        with contextlib.suppress(OSError):  # a folder that still holds something stays
            for folder in path.parents:
                if folder == self.root:
                    break
                folder.rmdir()
        return True

    def _sweep(self, scratch: Path) -> None:
        """Once in a run, remove what killed writers left behind. One that only slept fails then, and may run again."""
        if self._swept:
            return
        self._swept = True
        for path in scratch.iterdir():
            with contextlib.suppress(OSError):  # another sweeper was faster, or it is somebody else's
                if re.fullmatch("[0-9a-f]{32}", path.name) and time.time() - path.lstat().st_mtime > _STALE:
                    path.unlink()

    def _write(self, temporary: Path, key: str, body: Body) -> None:
        size, crc = 0, 0
        with body.open() as source, temporary.open("xb") as target:
            while size <= body.size and (chunk := source.read(_CHUNK)):  # a file may grow faster than it is read
                size += len(chunk)
                crc = crc64nvme(chunk, crc)
                target.write(chunk)
            if (size, encode_crc(crc)) != (body.size, body.crc64nvme):
                raise ContentChangedError(key)
            target.flush()
            os.fsync(target.fileno())

    def _make_parents(self, final: Path) -> None:
        missing = []
        folder = final.parent
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for made in reversed(missing):
            made.mkdir(exist_ok=True)
            _sync_folder(made.parent)

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        forbidden = "\\\0:" if os.name == "nt" else "\\\0"  # on Windows "C:" is a drive
        if any(part in ("", ".", "..") or any(c in part for c in forbidden) for part in parts):
            raise BucketError(f"the key '{key}' cannot be a path in a directory bucket")
        return self.root.joinpath(*parts)

    def _require(self) -> None:
        try:
            exists = self.root.exists()
            if self.root.is_dir() or (self._new and not exists and self.root.parent.is_dir()):
                return
        except OSError as error:
            raise self._failure(error) from None
        raise BucketError(
            f"the bucket {self.url} {'is not a folder' if exists else f'does not exist{meant_bucket(self.url)}'}"
        )

    def _failure(self, error: OSError) -> BucketError:
        what = f" ({Path(error.filename).name})" if isinstance(error.filename, str) else ""
        return BucketError(f"the bucket {self.url} cannot be used: {os_error_reason(error)}{what}")


def _place(temporary: Path, final: Path, scratch: Path) -> bool:
    """Give a finished file its name unless the name is taken; False when it is."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        return _place_locked(temporary, final, scratch)
    return True


def _place_locked(temporary: Path, final: Path, scratch: Path) -> bool:
    """The same where there are no hard links: a rename, with all other writers locked out."""
    from filelock import FileLock  # loaded only when needed: 20 ms

    with FileLock(scratch / "lock", poll_interval=0.01, fallback_to_soft=False):
        if os.path.lexists(final):  # also a link to nowhere is a taken name
            return False
        temporary.rename(final)
        return True


def _identity(info: os.stat_result) -> str:
    """What tells a file from every other that may have its name later."""
    return f"{info.st_ino} {info.st_size} {info.st_mtime_ns}"


def _sync_folder(folder: Path) -> None:
    """Make a new name durable, where the system can (Windows cannot open a folder)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems refuse; the file itself is on disk
    finally:
        os.close(descriptor)
