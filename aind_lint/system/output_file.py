"""Writes files that a user names, such as reports and receipts, so that nothing else is lost.

A regular file is written beside and then replaced as a whole: if the disk is full, the old content stays. A link keeps
its place, and the file it leads to is replaced. A device or pipe is written to, and never replaced or removed.
"""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

#: Below these folders a path stands for an open file or a device, even if it looks like a regular file.
_SYSTEM_FOLDERS = ("/dev/", "/proc/")

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_APPEND = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)


def write_text_file(path: Path, text: str) -> None:
    """Write a text in UTF-8 with line feeds.

    Raises:
        OSError: The file cannot be written; an existing one is unchanged.
    """
    write_file(path, [text.encode("utf-8")])


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file, or replace it as a whole.

    Raises:
        OSError: The file cannot be written; an existing one is unchanged.
    """
    if _is_written_through(path):
        with os.fdopen(os.open(path, _APPEND), "wb") as stream:
            stream.writelines(chunks)
        return
    _replace(path, lambda stream: stream.writelines(chunks))


def require_writable(path: Path) -> None:
    """Test that `write_file` can write a file; nothing is changed.

    Raises:
        OSError: It cannot.
    """
    if _is_written_through(path):
        os.close(os.open(path, _APPEND | getattr(os, "O_NONBLOCK", 0)))
        return
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(21, "it is a folder")
    temporary = _temporary(target)
    os.close(os.open(temporary, _NEW_FILE, 0o666))
    temporary.unlink()


def _is_written_through(path: Path) -> bool:
    """Whether a path exists and is not a regular file or folder that can be replaced."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    is_special = not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
    return is_special or path.absolute().as_posix().startswith(_SYSTEM_FOLDERS)


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    target = path.resolve()  # through a link, which stays
    temporary = _temporary(target)
    descriptor = os.open(temporary, _NEW_FILE, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            write(stream)
        with suppress(OSError):  # a new file, or a file system without modes
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _temporary(target: Path) -> Path:
    """The name of a new file in the same folder, which need not be long: a file name has at most 255 bytes."""
    return target.with_name(f".aind-lint-{uuid.uuid4().hex}.tmp")
