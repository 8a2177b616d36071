"""Do the times of an Open Ephys stream have as many values as the stream has samples, and are they aligned?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import os_error_reason
from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.formats.npy_header import HEADER_BYTES, read_npy_header
from aind_lint.text.characters import shorten
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

#: Arrays beside continuous.dat with one value for each sample.
_TIMES = ("timestamps.npy", "original_timestamps.npy", "localsync_timestamps.npy")
_NUMBERS = "sample_numbers.npy"


_ALIGNED = "original_timestamps.npy"


class Options(verb.Options):
    """What to report.

    Attributes:
        problem: ``length``: another number of times than of samples; ``not-aligned``: recordings of several streams
            whose times have not been aligned, which leaves the original times beside them.
        folders: Globs of the folders of streams.
    """

    problem: Literal["length", "not-aligned"] = "length"
    folders: Annotated[list[str], NOT_EMPTY]


def searches(options: Options) -> list[str]:
    """The globs of the folders."""
    return options.folders


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every array of times with another length, or for every recording that is not aligned."""
    faults = _faults(asset, options) if options.problem == "length" else _not_aligned(asset, options)
    yield from report_limited(faults, "more streams like this")


def _not_aligned(asset: Asset, options: Options) -> Iterator[Fault]:
    files = asset.listing.files
    recordings: dict[str, list[str]] = {}
    for folder in asset.listing.key_index.folders_matching(options.folders):
        if f"{folder}/timestamps.npy" in files:
            recordings.setdefault(folder.rpartition("/")[0], []).append(folder)
    for recording, streams in recordings.items():
        missing = [stream.rpartition("/")[2] for stream in streams if f"{stream}/{_ALIGNED}" not in files]
        if missing and len(streams) > 1:
            names = shorten(", ".join(missing))
            message = f"the times of {len(missing)} of {len(streams)} streams in {recording} are not aligned: {names}"
            yield Fault(message, recording, found=f"{len(missing)}")


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    for folder in asset.listing.key_index.folders_matching(options.folders):
        lengths: dict[str, int] = {}
        for name in (_NUMBERS, *_TIMES):
            key = f"{folder}/{name}"
            if key not in asset.listing.files:
                continue
            length = _length(asset, key)
            if isinstance(length, str):
                yield Unchecked(length, key)
            else:
                lengths[key] = length
        reference = f"{folder}/{_NUMBERS}"
        for key, length in lengths.items():
            if reference in lengths and length != lengths[reference]:
                message = f"{key} has {length:,} values, but {_NUMBERS} has {lengths[reference]:,}"
                yield Fault(message, key, found=f"{length}", expected=f"{lengths[reference]}")


def _length(asset: Asset, key: str) -> int | str:
    """The first dimension of a NumPy array, from its header, or why it is not known."""
    try:
        shape = read_npy_header(asset.listing.read(key, HEADER_BYTES)).shape
    except OSError as error:
        return f"the file could not be read: {os_error_reason(error)}"
    except BrokenChunkError:
        return "the file is not a NumPy array"
    return shape[0] if shape else "the array has no dimension"
