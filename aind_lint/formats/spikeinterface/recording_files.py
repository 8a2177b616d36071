"""The files of the traces and times of a recording that SpikeInterface saved as binary files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.formats.file_reader import FileReader, UnreadableError
from aind_lint.formats.npy_header import HEADER_BYTES, read_npy_header
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.zarr.data_types import item_size_v2

_TYPES = {name: size for size, names in {1: ("int8", "uint8"), 2: ("int16", "uint16", "float16"),
          4: ("int32", "uint32", "float32"), 8: ("int64", "uint64", "float64")}.items() for name in names}  # fmt: skip


def check_files(
    reader: FileReader, prefix: str, key: str, arguments: dict[str, Any], channels: int | None
) -> Iterator[Result]:
    """What the files of the traces, and of their times, lack.

    Args:
        reader: Reads the files.
        prefix: The prefix of the folder, empty or ending with ``/``.
        key: The key of the file that describes the data.
        arguments: What it states.
        channels: The number of channels; None if that is in doubt.
    """
    paths = arguments.get("file_paths")
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
        yield Problem("recording-files", f"'file_paths' in {key} is no list of files", key, "/kwargs/file_paths")
        return
    item_size = stored_item_size(arguments.get("dtype"))
    offset = arguments.get("file_offset") or 0
    frame = channels * item_size if channels and item_size else None
    for number, path in enumerate(paths):
        pointer = f"/kwargs/file_paths/{number}"
        parts = path.replace("\\", "/").split("/")
        if path.startswith(("/", "\\")) or ":" in parts[0] or ".." in parts or "://" in path:
            yield Problem(
                "recording-files",
                f"{key} names the file {path}, which is not in the folder, so the recording loads on no other computer",
                key,
                pointer,
                found=path,
                expected=parts[-1],
                fix="Save the recording again with relative paths (relative_to in SpikeInterface).",
            )
            continue
        name = prefix + "/".join(part for part in parts if part != ".")
        stat = reader.listing.files.get(name)
        if stat is None:
            yield Problem("recording-files", f"{name}, which {key} names, does not exist", key, pointer, expected=name)
        elif stat.size == 0:
            yield Problem("recording-files", f"{name} has no bytes", name, found="0 bytes")
        elif isinstance(offset, int) and offset >= stat.size:
            message = f"{name} has {stat.size:,} bytes, but 'file_offset' in {key} is {offset:,}: it has no samples"
            yield Problem("recording-files", message, name, found=str(stat.size), expected=f"more than {offset}")
        elif frame and isinstance(offset, int) and (stat.size - offset) % frame:
            yield Problem(
                "recording-files",
                f"{name} has {stat.size:,} bytes, which is not a whole number of frames of {channels} channels × "
                f"{item_size} bytes: it is cut off, or the channels or the data type in {key} are wrong",
                name,
                found=str(stat.size),
                expected=f"a multiple of {frame}" + (f" after {offset}" if offset else ""),
            )
        elif frame and isinstance(offset, int):
            yield from _check_times(reader, f"{prefix}times_cached_seg{number}.npy", (stat.size - offset) // frame)


def stored_item_size(data_type: Any) -> int | None:
    """Bytes of an item of a data type of NumPy; None if it is none."""
    if isinstance(data_type, str) and data_type in _TYPES:
        return _TYPES[data_type]
    try:
        return item_size_v2(data_type)
    except ValueError:
        return None


def _check_times(reader: FileReader, key: str, frames: int) -> Iterator[Result]:
    """The file of the times of a segment has one for each frame, if there is one."""
    if (stat := reader.listing.files.get(key)) is None:
        return
    try:
        header = read_npy_header(reader.read(key, 0, min(stat.size, HEADER_BYTES)))
        if header.size is not None and header.size != stat.size:
            raise BrokenChunkError(f"it has {stat.size:,} bytes, its header states {header.size:,}")
        if header.shape != (frames,):
            raise BrokenChunkError(f"it has the shape {list(header.shape)} for {frames:,} frames")
    except BrokenChunkError as error:
        yield Problem("recording-files", f"{key} cannot be used: {error}", key)
    except UnreadableError as error:
        yield NotRead(("recording-files",), f"{key} was not read: {error}", key)
