"""A recording of the Open Ephys GUI in its binary format: ``structure.oebin`` and the streams that it names.

Source: https://open-ephys.github.io/gui-docs/User-Manual/Data-formats/Binary-format.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.formats.file_reader import FileReader, NotJsonError, UnreadableError
from aind_lint.formats.npy_header import HEADER_BYTES, read_npy_header
from aind_lint.formats.ome.image import leaves
from aind_lint.formats.problem import NotRead, Problem, Result

#: Files with one row per sample: ``timestamps.npy`` counted samples before GUI 0.6, seconds since.
_ROWS = "sample_numbers.npy", "timestamps.npy"
#: Folder whose ``.dat`` files are shortened, while the ``.npy`` files are whole.
_CLIPPED = "ecephys_clipped"
_SAMPLE_SIZE = 2


def check_recording(reader: FileReader, key: str) -> Iterator[Result]:
    """What a recording lacks.

    Args:
        reader: Reads the files.
        key: The key of its ``structure.oebin``.
    """
    (content,) = reader.read_json([key])
    if isinstance(content, UnreadableError):
        yield NotRead(("open-ephys",), f"{key} was not read: {content}", key)
        return
    streams = content.get("continuous", []) if isinstance(content, dict) else None
    if isinstance(content, NotJsonError) or not isinstance(streams, list):
        reason = f"is not JSON: {content}" if isinstance(content, NotJsonError) else "has no list 'continuous'"
        yield Problem("open-ephys", f"{key} {reason}", key)
        return
    for number, stream in enumerate(streams):
        if isinstance(stream, dict):
            yield from _check_stream(reader, key, stream, f"/continuous/{number}")


def _check_stream(reader: FileReader, key: str, stream: dict[str, Any], pointer: str) -> Iterator[Result]:
    rate = stream.get("sample_rate")
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not math.isfinite(rate) or rate <= 0:
        yield Problem(
            "open-ephys",
            f"the sample rate of {stream.get('folder_name')} in {key} is {rate}",
            key,
            f"{pointer}/sample_rate",
            found=str(rate),
            expected="a number of Hz above 0",
        )
    folder, channels = stream.get("folder_name"), stream.get("num_channels")
    if not isinstance(folder, str) or leaves(folder):
        yield Problem("open-ephys", f"a stream in {key} has no folder below it", key, f"{pointer}/folder_name")
        return
    prefix = f"{key.rpartition('/')[0]}/continuous/{folder.strip('/')}/".lstrip("/")
    data_key = f"{prefix}continuous.dat"
    stat = reader.listing.files.get(data_key)
    if stat is None or isinstance(channels, bool) or not isinstance(channels, int) or channels < 1:
        return  # streams may be left out of an asset; other rules check which files belong to a stream
    clipped = _CLIPPED in key.split("/")
    if stat.size % (channels * _SAMPLE_SIZE) and not clipped:
        yield Problem(
            "open-ephys",
            f"{data_key} has {stat.size:,} bytes, which is no whole number of samples of {channels} channels: "
            "it is cut off",
            data_key,
            found=str(stat.size),
            expected=f"a multiple of {channels * _SAMPLE_SIZE}",
        )
        return
    if clipped:
        return
    for name in _ROWS:
        yield from _check_rows(reader, prefix + name, data_key, stat.size // (channels * _SAMPLE_SIZE))


def _check_rows(reader: FileReader, key: str, data_key: str, samples: int) -> Iterator[Result]:
    stat = reader.listing.files.get(key)
    if stat is None:
        return
    try:
        header = read_npy_header(reader.read(key, 0, min(stat.size, HEADER_BYTES)))
        if header.size is not None and stat.size != header.size:
            raise BrokenChunkError(f"it has {stat.size:,} bytes, its header states {header.size:,}")
    except BrokenChunkError as error:
        yield Problem("open-ephys", f"{key} cannot be used: {error}", key)
        return
    except UnreadableError as error:
        yield NotRead(("open-ephys",), f"{key} was not read: {error}", key)
        return
    if header.shape and header.shape[0] != samples:
        yield Problem(
            "open-ephys",
            f"{key} has {header.shape[0]:,} rows, {data_key} {samples:,} samples: one of them is cut off",
            data_key if samples < header.shape[0] else key,
            found=str(samples),
            expected=str(header.shape[0]),
        )
