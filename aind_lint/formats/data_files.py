"""The data files of an asset that are no stores: HDF5, videos and TIFF images."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from aind_lint.errors import os_error_reason
from aind_lint.formats.codecs.byte_window import ByteWindow, window_of_stream
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.file_reader import FileReader, Range, UnreadableError
from aind_lint.formats.format_files import FormatFiles, may_be_nwb
from aind_lint.formats.hdf5 import mearec
from aind_lint.formats.hdf5.content import Hdf5Content, read_content
from aind_lint.formats.hdf5.superblock import OFFSETS, SUPERBLOCK_BYTES, end_of_file
from aind_lint.formats.media.avi_chunks import walk_avi
from aind_lint.formats.media.matroska import walk_matroska
from aind_lint.formats.media.mp4_boxes import walk_mp4
from aind_lint.formats.media.tiff import walk_tiff
from aind_lint.formats.nwb.nwb_file import CHECKED_ATTRIBUTES, NUMBERS, TEXTS, stated_version
from aind_lint.formats.problem import NotRead, Problem, Result

#: Bytes of the HDF5 files of an asset in a bucket, or of an assembled one, that are copied so that h5py can read them.
_MAX_COPIED = 64_000_000

#: Bytes at the beginning of a media file that are read at once from a bucket: what a walk reads first.
_HEAD = 4096

#: What videos are called, by extension.
_VIDEOS = {
    "mp4": "MP4 video", "mov": "QuickTime video", "m4v": "MP4 video", "avi": "AVI video", "mkv": "Matroska video",
    "webm": "WebM video",
}  # fmt: skip
#: The version of a BigTIFF file, in both byte orders.
_BIG_TIFF = (b"+\0", b"\0+")


class DataFiles:
    """Scans the data files of one asset, those of each format once.

    Args:
        reader: Reads the files.
        files: Names them.
    """

    def __init__(self, reader: FileReader, files: FormatFiles) -> None:
        self._files = files
        self._listing = reader.listing
        self._reader = reader
        self._left_to_copy = _MAX_COPIED

    def descriptions(self) -> Iterator[str]:
        """What each file is called."""
        for key in self._files.hdf5:
            yield _describe_hdf5(key, self.contents.get(key))
        for key in self._files.videos:
            yield _VIDEOS[key.rpartition(".")[2].lower()]
        for key in self._files.tiffs:
            yield "BigTIFF image" if self._head(key)[2:4] in _BIG_TIFF else "TIFF image"

    def _head(self, key: str) -> bytes:
        try:
            return self._reader.read(key, 0, 4)
        except UnreadableError:
            return b""

    @cached_property
    def _hdf5(self) -> tuple[list[Result], dict[str, Hdf5Content | UndecodedError]]:
        self._reader.prefetch(Range(key, 0, SUPERBLOCK_BYTES) for key in self._files.hdf5)
        results: list[Result] = []
        contents: dict[str, Hdf5Content | UndecodedError] = {}
        for key in self._files.hdf5:
            try:
                self._check_superblock(key)
            except BrokenChunkError as error:
                results.append(Problem("hdf5-file", f"{key} cannot be opened: {error}", key))
                continue
            except UnreadableError as error:
                results.append(NotRead(("hdf5-file",), f"{key} was not read: {error}", key))
                continue
            if may_be_nwb(key):
                contents[key] = self._read_content(key)
        return results, contents

    def _check_superblock(self, key: str) -> None:
        size = self._listing.files[key].size
        if not size:
            raise BrokenChunkError("it is empty")
        for offset in OFFSETS:
            if offset >= size:
                break
            end = end_of_file(self._reader.read(key, offset, SUPERBLOCK_BYTES), offset)
            if end is not None:
                if end > size:
                    raise BrokenChunkError(f"it is cut off: its header states {end:,} bytes, it has {size:,}")
                return
        raise BrokenChunkError("it is no HDF5 file")

    def _read_content(self, key: str) -> Hdf5Content | UndecodedError:
        numbers = [*NUMBERS, *mearec.NUMBERS]
        try:
            if self._listing.root is not None:
                return read_content(self._listing.root, key, CHECKED_ATTRIBUTES, TEXTS, numbers)
            size = self._listing.files[key].size
            if size > self._left_to_copy:
                limit = f"{_MAX_COPIED // 1_000_000} MB"
                return UndecodedError(f"outside a folder, at most {limit} of the HDF5 files of an asset are read")
            self._left_to_copy -= size
            self._reader.count_request()
            with tempfile.TemporaryDirectory(prefix="aind-lint-") as folder:
                with self._listing.open(key) as source, (Path(folder) / "file").open("wb") as copy:
                    shutil.copyfileobj(source, copy)
                return read_content(Path(folder), "file", CHECKED_ATTRIBUTES, TEXTS, numbers)
        except UndecodedError as error:
            return error
        except UnreadableError as error:
            return UndecodedError(str(error))
        except OSError as error:
            return UndecodedError(os_error_reason(error))

    def _prefetch_heads(self, keys: list[str]) -> None:
        """Read the beginnings of media files in a bucket at the same time."""
        sizes = ((key, self._listing.files[key].size) for key in keys)
        self._reader.prefetch(Range(key, 0, min(_HEAD, size)) for key, size in sizes)

    @property
    def hdf5(self) -> list[Result]:
        """What is wrong with HDF5 files as such."""
        return self._hdf5[0]

    @property
    def contents(self) -> dict[str, Hdf5Content | UndecodedError]:
        """The content of every HDF5 file that may be NWB or MEArec, or why it is not known, by key."""
        return self._hdf5[1]

    @cached_property
    def mearec(self) -> list[Result]:
        """What simulated recordings lack."""
        results: list[Result] = []
        for key, content in self.contents.items():
            if key.lower().endswith(".nwb"):
                continue
            if isinstance(content, UndecodedError):
                results.append(NotRead(("mearec",), f"{key}: {content}", key))
            elif not content.complete:
                results.append(NotRead(("mearec",), f"{key} has too many groups and datasets to list", key))
            elif mearec.is_mearec(content):
                results += mearec.check_mearec(key, content)
        return results

    @cached_property
    def videos(self) -> list[Result]:
        """What is wrong with videos."""
        walkers: dict[str, Callable[[ByteWindow], Any]] = {
            "mp4": walk_mp4, "mov": walk_mp4, "m4v": walk_mp4, "avi": walk_avi, "mkv": walk_matroska,
            "webm": walk_matroska,
        }  # fmt: skip
        self._prefetch_heads(self._files.videos)
        results: list[Result] = []
        for key in self._files.videos:
            layout = self._walk(key, walkers[key.rpartition(".")[2].lower()], "video-file", results)
            if layout is not None and not layout.walked:
                results.append(NotRead(("video-file", "video-not-streamable"), f"{key} has too many boxes", key))
            elif layout is not None and not layout.streamable:
                message = f"the index of {key} is at its end, so a player must read the whole file first"
                results.append(Problem("video-not-streamable", message, key))
        return results

    @cached_property
    def tiffs(self) -> list[Result]:
        """What is wrong with TIFF images."""
        self._prefetch_heads(self._files.tiffs)
        results: list[Result] = []
        for key in self._files.tiffs:
            self._walk(key, walk_tiff, "tiff-file", results)
        return results

    def _walk(self, key: str, walk: Callable[[ByteWindow], Any], kind: str, results: list[Result]) -> Any:
        """Walk the headers of a file; what is wrong is added to the results."""
        size = self._listing.files[key].size
        try:
            if self._listing.open_range is not None:
                return walk(ByteWindow(lambda start, length: self._reader.read(key, start, length), size))
            with self._listing.open(key) as stream:
                return walk(window_of_stream(stream, size))
        except BrokenChunkError as error:
            results.append(Problem(kind, f"{key} cannot be used: {error}", key))
        except (UndecodedError, UnreadableError, OSError) as error:
            results.append(NotRead((kind,), f"{key}: {error}", key))
        return None


def _describe_hdf5(key: str, content: Hdf5Content | UndecodedError | None) -> str:
    if isinstance(content, Hdf5Content):
        if version := stated_version(content.nodes.get("", {}).get("attributes", {})):
            return f"NWB {version} in HDF5"
        if mearec.is_mearec(content):
            return "MEArec recording in HDF5"
    return "NWB in HDF5" if key.lower().endswith(".nwb") else "HDF5"
