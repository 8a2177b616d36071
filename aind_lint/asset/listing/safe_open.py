"""Opening the files of an asset without following links, and only if they are regular files."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from aind_lint.system.disk_paths import literal_path, path_of_key

# Do not follow a link, and do not block on a pipe. Windows has neither flag.
_FLAGS = os.O_RDONLY
for _flag in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"):
    _FLAGS |= getattr(os, _flag, 0)


class NoFollowOpener:
    """Opens the files in a folder, at any depth.

    Folders are opened one level at a time, so that a link in their place is not followed. The latest folder and those
    around it stay open: the next file is usually near, and opening a folder is half the cost of a small file.

    Args:
        root: The folder.
        kept: How many other folders stay open, too. A folder that is replaced meanwhile goes unnoticed.
    """

    def __init__(self, root: Path, kept: int = 0) -> None:
        self._root = root
        self._kept = kept
        self._literal_root = literal_path(root)
        self._has_dir_fd = os.open in os.supports_dir_fd  # not on Windows
        self._opened: dict[str, _OpenFolder] = {}

    def open(self, key: str) -> BinaryIO:
        """Open a regular file.

        Raises:
            OSError: The file cannot be opened, or has been replaced by a link, a pipe or a device.
        """
        return io.BufferedReader(io.FileIO(self._descriptor(key)[0]))

    def read(self, key: str, size: int) -> bytes:
        """Read a whole regular file with as few system calls as possible.

        Args:
            key: The key of the file.
            size: The bytes that it should have; a file of another size is not read, or not completely.

        Raises:
            OSError: See `open`, or the file cannot be read.
        """
        descriptor, found = self._descriptor(key)
        try:
            return b"" if found != size else _read(descriptor, size)
        finally:
            os.close(descriptor)

    def read_part(self, key: str, start: int, length: int) -> bytes:
        """Read a part of a regular file, shorter than ``length`` where the file ends, with few system calls.

        Raises:
            OSError: See `open`, or the file cannot be read.
        """
        descriptor, size = self._descriptor(key)
        try:
            if start:
                os.lseek(descriptor, start, os.SEEK_SET)
            return _read(descriptor, min(length, size - start))
        finally:
            os.close(descriptor)

    def _descriptor(self, key: str) -> tuple[int, int]:
        """An open file and its size."""
        folder, _, name = key.rpartition("/")
        if folder and self._has_dir_fd:
            opened = self._folder(folder)  # a reference, or another thread could close it before this line ends
            descriptor = os.open(name, _FLAGS, dir_fd=opened.descriptor)
        else:
            # There is no folder between the root and this file, so the flags are enough.
            descriptor = os.open(path_of_key(self._literal_root, key), _FLAGS)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise OSError(f"{self._root / key} is no longer a regular file")
        return descriptor, found.st_size

    def _folder(self, key: str) -> _OpenFolder:
        opened = self._opened  # other threads may add to it; none removes from it
        if (found := opened.get(key)) is not None:
            return found
        if len(opened) > self._kept:
            around = f"{key}/"
            opened = {each: one for each, one in list(opened.items()) if not each or around.startswith(f"{each}/")}
            self._opened = opened
        path = key
        while path and path not in opened:
            path = path.rpartition("/")[0]
        folder = opened.get(path)
        if folder is None:
            folder = opened[""] = _OpenFolder(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY))
        for name in key[len(path) :].lstrip("/").split("/"):
            path = f"{path}/{name}" if path else name
            folder = opened[path] = folder.open(name)
        return folder


def _read(descriptor: int, size: int) -> bytes:
    """At most ``size`` bytes from the position of an open file; fewer where it ends."""
    content = os.read(descriptor, size) if size > 0 else b""
    while 0 < len(content) < size and (more := os.read(descriptor, size - len(content))):
        content += more
    return content


class _OpenFolder:
    """An open folder, closed when it is no longer used."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def open(self, name: str) -> _OpenFolder:
        """Open a folder in this one, without following a link."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        return _OpenFolder(os.open(name, flags, dir_fd=self.descriptor))

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
