"""Who stored which file of a bucket in a folder: what S3 keeps as metadata of an object.

A mark is written before its file gets its name, and names the file by its number in the file system, so that a file
of another program under the same key is never taken for ours, whatever it holds. A published asset needs no marks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from array import array
from bisect import bisect_left
from contextlib import suppress
from pathlib import Path
from threading import Lock


class DirectoryTags:
    """The marks of one bucket: a folder for every asset, a file for every tag; lines are only ever added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._files: dict[tuple[str, str], int] = {}
        self._known: dict[str, array[int]] = {}

    def add(self, asset: str, key: str, info: os.stat_result, tag: str) -> None:
        """Mark a file that is about to become the object ``key``."""
        line = json.dumps([key, info.st_ino, info.st_size, info.st_mtime_ns, tag]) + "\n"
        with self._lock:
            descriptor = self._files.get((asset, tag))
            if descriptor is None:
                folder = self._of(asset)
                folder.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
                descriptor = self._files[asset, tag] = os.open(folder / _digest(tag), flags, 0o644)
            os.write(descriptor, line.encode("utf-8"))

    def load(self, asset: str) -> None:
        """Read the marks of an asset, for `tag`."""
        marks: dict[str, array[int]] = {}
        with suppress(FileNotFoundError):
            for path in self._of(asset).iterdir():
                with path.open(encoding="utf-8") as lines:
                    for line in lines:
                        with suppress(ValueError, LookupError):  # the last line of a writer that was killed
                            key, number, size, time, tag = json.loads(line)
                            marks.setdefault(tag, array("Q")).append(_mark(key, number, size, time))
        # Sorted numbers, of which a million take 8 MB.
        self._known = {tag: array("Q", sorted(some)) for tag, some in marks.items()}

    def tag(self, key: str, info: os.stat_result) -> str | None:
        """The tag of a file, if its asset's marks are loaded and it was marked."""
        mark = _mark(key, info.st_ino, info.st_size, info.st_mtime_ns) if self._known else 0
        for tag, marks in self._known.items():
            place = bisect_left(marks, mark)
            if place < len(marks) and marks[place] == mark:
                return tag
        return None

    def forget(self, asset: str) -> None:
        """Drop the marks of an asset."""
        with self._lock:
            for place in [place for place in self._files if place[0] == asset]:
                os.close(self._files.pop(place))
        shutil.rmtree(self._of(asset), ignore_errors=True)

    def _of(self, asset: str) -> Path:
        return self._folder / _digest(asset)


def _mark(*of: str | int) -> int:
    """What tells a marked file from every other: 64 bits of a digest."""
    return int.from_bytes(hashlib.blake2b(repr(of).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
