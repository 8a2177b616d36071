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
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._literal_root = literal_path(root)
        self._has_dir_fd = os.open in os.supports_dir_fd  # not on Windows
        self._latest: list[tuple[str, _OpenFolder]] = []

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
            content = b"" if found != size else os.read(descriptor, size)
            while 0 < len(content) < size and (more := os.read(descriptor, size - len(content))):
                content += more
            return content
        finally:
            os.close(descriptor)

    def _descriptor(self, key: str) -> tuple[int, int]:
        """An open file and its size."""
        folder, slash, name = key.rpartition("/")
        if slash and self._has_dir_fd:
            opened = self._folder(folder)
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
        opened = self._latest
        if not opened or opened[-1][0] != key:
            opened = [each for each in opened if f"{key}/".startswith(f"{each[0]}/")]
            folder = opened[-1][1] if opened else _OpenFolder(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY))
            names = key.split("/")
            for depth in range(len(opened), len(names)):
                folder = folder.open(names[depth])
                opened.append(("/".join(names[: depth + 1]), folder))
            self._latest = opened  # one assignment, so that other threads see a consistent list
        return opened[-1][1]


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
