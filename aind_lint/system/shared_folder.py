"""Reads and writes files in a folder that other users may write, such as the watched folder of a rig.

Another user can put a link or a pipe under the name of a file. No link is followed, no pipe is waited for, and a file
is replaced as a whole. Windows has no flag for this; there the name is tested before it is opened.
"""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NO_FOLLOW


def open_regular_file(path: Path, flags: int) -> int:
    """A descriptor of a regular file; ``flags`` are those of `os.open`.

    Raises:
        OSError: It is a link, a pipe or a device, or cannot be opened.
    """
    if not _NO_FOLLOW and path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link", str(path))
    descriptor = os.open(path, flags | _BINARY | _NO_FOLLOW | _NO_WAIT, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return descriptor


def read_regular_file(path: Path) -> bytes:
    """The content of a regular file.

    Raises:
        OSError: It is a link, a pipe or a device, or cannot be read.
    """
    with os.fdopen(open_regular_file(path, os.O_RDONLY), "rb") as stream:
        return stream.read()


def write_file_in(folder: Path, name: str, text: str) -> None:
    """Write a file into a folder, or replace what has its name.

    Raises:
        OSError: The folder is a link, or the file cannot be written; an existing one is unchanged.
    """
    temporary = f".aind-lint-{uuid.uuid4().hex}.tmp"
    with _folder_descriptor(folder) as descriptor:
        where = _Location(folder, descriptor)
        try:
            with os.fdopen(os.open(where.path(temporary), _NEW_FILE, 0o666, dir_fd=descriptor), "wb") as stream:
                stream.write(text.encode("utf-8"))
            os.replace(where.path(temporary), where.path(name), src_dir_fd=descriptor, dst_dir_fd=descriptor)
        except BaseException:
            with suppress(OSError):
                os.unlink(where.path(temporary), dir_fd=descriptor)
            raise


def make_folder(folder: Path) -> None:
    """Create a folder unless it exists.

    Raises:
        OSError: It cannot be created, or the name is taken by a link or a file.
    """
    with suppress(FileExistsError):
        folder.mkdir()
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is a link or a file, not a folder", str(folder))


class _Location:
    """Names of files, relative to the descriptor of their folder where the system supports this."""

    def __init__(self, folder: Path, descriptor: int | None) -> None:
        self._folder = None if descriptor is not None else folder

    def path(self, name: str) -> str:
        return name if self._folder is None else str(self._folder / name)


@contextmanager
def _folder_descriptor(folder: Path) -> Iterator[int | None]:
    if os.open not in os.supports_dir_fd:  # Windows
        make_folder(folder)
        yield None
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _NO_FOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
