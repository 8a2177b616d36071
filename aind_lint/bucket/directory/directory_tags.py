"""The tags of files in a folder as a bucket, which S3 stores as metadata of objects.

A tag is written before its file gets its final name, and identifies the file by inode, size and time of change. So a
file of another program under the same key never has the tag, whatever it contains. Published assets need no tags.
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
    """The tags of one bucket: a folder per asset, a file per tag to which lines are only appended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._descriptors: dict[tuple[str, str], int] = {}
        self._loaded: dict[str, array[int]] = {}

    def add(self, asset: str, key: str, info: os.stat_result, tag: str) -> None:
        """Tag a file that is about to become the object ``key``."""
        line = json.dumps([key, info.st_ino, info.st_size, info.st_mtime_ns, tag]) + "\n"
        with self._lock:
            descriptor = self._descriptors.get((asset, tag))
            if descriptor is None:
                folder = self._asset_folder(asset)
                folder.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
                descriptor = self._descriptors[asset, tag] = os.open(folder / _digest(tag), flags, 0o644)
            os.write(descriptor, line.encode("utf-8"))

    def load(self, asset: str) -> None:
        """Read the tags of an asset, for `tag`."""
        loaded: dict[str, array[int]] = {}
        with suppress(FileNotFoundError):
            for path in self._asset_folder(asset).iterdir():
                with path.open(encoding="utf-8") as lines:
                    for line in lines:
                        with suppress(ValueError, LookupError):  # the incomplete last line of a killed process
                            key, number, size, time, tag = json.loads(line)
                            loaded.setdefault(tag, array("Q")).append(_fingerprint(key, number, size, time))
        # Sorted fingerprints: 8 MB for a million files.
        self._loaded = {tag: array("Q", sorted(fingerprints)) for tag, fingerprints in loaded.items()}

    def tag(self, key: str, info: os.stat_result) -> str | None:
        """The tag of a file; None if it has none, or if the tags of its asset are not loaded."""
        wanted = _fingerprint(key, info.st_ino, info.st_size, info.st_mtime_ns) if self._loaded else 0
        for tag, fingerprints in self._loaded.items():
            position = bisect_left(fingerprints, wanted)
            if position < len(fingerprints) and fingerprints[position] == wanted:
                return tag
        return None

    def forget(self, asset: str) -> None:
        """Remove the tags of an asset."""
        with self._lock:
            for file in [file for file in self._descriptors if file[0] == asset]:
                os.close(self._descriptors.pop(file))
        shutil.rmtree(self._asset_folder(asset), ignore_errors=True)

    def _asset_folder(self, asset: str) -> Path:
        return self._folder / _digest(asset)


def _fingerprint(*properties: str | int) -> int:
    """64 bits of a digest that identify a file."""
    return int.from_bytes(
        hashlib.blake2b(repr(properties).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
