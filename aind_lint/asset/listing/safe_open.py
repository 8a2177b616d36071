"""Opening the files of an asset as they were listed: regular, and reached through no link."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

# Not through a link, and without waiting for whoever writes into a pipe; Windows knows neither.
_FLAGS = os.O_RDONLY
for _flag in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"):
    _FLAGS |= getattr(os, _flag, 0)


class NoFollowOpener:
    """Opens the files of one folder and of those below it.

    A folder is opened step by step, so that a link in its place is not followed. The last one stays open: most often
    the next file lies in it too, and the way is half of the cost of a small file.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._below = os.open in os.supports_dir_fd  # not on Windows
        self._last = "", _Folder(-1)

    def open(self, key: str) -> BinaryIO:
        """Open a file that was regular when it was listed.

        Raises:
            OSError: It cannot be opened, or a link, a pipe or something else is in its place.
        """
        return io.BufferedReader(io.FileIO(self._descriptor(key)))

    def read(self, key: str, limit: int) -> bytes:
        """The first bytes of such a file, with as few questions to the system as there can be.

        Args:
            key: The file.
            limit: How many bytes at most.

        Raises:
            OSError: As of `open`, or it cannot be read.
        """
        descriptor = self._descriptor(key)
        try:
            content = os.read(descriptor, limit)
            while 0 < len(content) < limit and (more := os.read(descriptor, limit - len(content))):
                content += more
            return content
        finally:
            os.close(descriptor)

    def _descriptor(self, key: str) -> int:
        folder, below, name = key.rpartition("/")
        if below and self._below:
            opened = self._folder(folder)
            descriptor = os.open(name, _FLAGS, dir_fd=opened.descriptor)
        else:
            # Nothing leads to a file at the root but the root, so the flags suffice.
            descriptor = os.open(f"{self._root}/{key}", _FLAGS)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(f"{self._root / key} is no longer a regular file")
        return descriptor

    def _folder(self, key: str) -> _Folder:
        last, folder = self._last
        if last != key:
            folder = _open_folder(self._root, key)
            self._last = key, folder  # one assignment, so that threads see what belongs together
        return folder


class _Folder:
    """An open folder, closed when nobody uses it any more."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


def _open_folder(root: Path, key: str) -> _Folder:
    """Open folder after folder, following no link below the root."""
    here = _Folder(os.open(root, os.O_RDONLY | os.O_DIRECTORY))
    for name in key.split("/"):
        here = _Folder(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here.descriptor))
    return here
