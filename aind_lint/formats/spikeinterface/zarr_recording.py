"""A recording that SpikeInterface saved as a Zarr store: traces, times and channels of each segment.

Source: ``ZarrRecordingExtractor``, https://github.com/SpikeInterface/spikeinterface/blob/main/src/spikeinterface/core/zarrextractors.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aind_lint.formats.positive_number import positive_number
from aind_lint.formats.problem import Problem, Result
from aind_lint.formats.spikeinterface.channel_ids import check_stored_ids
from aind_lint.formats.zarr.store import ZarrStore

_TRACES = re.compile(r"traces_seg(\d+)", re.ASCII)


def is_recording(store: ZarrStore) -> bool:
    """Whether a store is a recording of SpikeInterface."""
    attributes = store.attributes
    if "neurodata_type" in attributes or "multiscales" in attributes or "unit_ids" in store.nodes:
        return False  # a sorting has the number of segments and the rate, too
    traces = any(_TRACES.match(key[len(store.prefix) :]) for key in store.contents) or any(
        _TRACES.match(folder[len(store.prefix) :]) for folder in store.census.unassigned
    )
    return traces or ("num_segments" in attributes and "sampling_frequency" in attributes)


def check_recording(store: ZarrStore) -> Iterator[Result]:
    """What a recording lacks."""
    attributes = store.attributes
    root = store.nodes.get("")
    key = root.key if root else store.root_key
    if root is None:
        return  # another problem names the root
    rate = attributes.get("sampling_frequency")
    if positive_number(rate) is None:
        stated = "missing" if rate is None else str(rate)
        yield Problem(
            "recording",
            f"the sampling frequency of {store.name} is {stated}",
            key,
            "/sampling_frequency" if rate is not None else "",
            found=stated,
            expected="a number of Hz above 0",
        )
    segments = attributes.get("num_segments")
    # Arrays without usable metadata are reported by themselves.
    folders = [*store.census.unassigned, *(problem.file.rpartition("/")[0] for problem in store.problems)]
    paths = {*store.nodes, *(folder[len(store.prefix) :].rstrip("/") for folder in folders)}
    traces = {int(match[1]) for path in paths if (match := _TRACES.fullmatch(path))}
    count = len(traces)
    if isinstance(segments, bool) or segments != count or traces != set(range(count)):
        yield Problem(
            "recording",
            f"{store.name} has the traces of {count} segments, its attributes state num_segments = {segments}",
            key,
            "/num_segments",
            found=str(segments),
            expected=str(count),
        )
    yield from _check_channels(store, key, sorted(traces))


def _check_channels(store: ZarrStore, key: str, segments: list[int]) -> Iterator[Result]:
    ids = store.array("channel_ids")
    if ids is None and f"{store.prefix}channel_ids/.zarray" not in store.files:
        yield Problem(
            "recording",
            f"{store.name} has no array channel_ids",
            key,
            found="missing",
            expected=f"{store.prefix}channel_ids",
        )
    for segment in segments:
        traces = store.array(f"traces_seg{segment}")
        if traces is None:
            continue  # its metadata is missing or malformed, which is reported
        if len(traces.shape) != 2:
            yield Problem(
                "recording",
                f"traces_seg{segment} has {len(traces.shape)} dimensions instead of 2",
                traces.key,
                "/shape",
            )
            continue
        frames, channels = traces.shape
        if ids is not None and len(ids.shape) == 1 and ids.shape[0] != channels:
            yield Problem(
                "recording",
                f"traces_seg{segment} has {channels} channels, channel_ids {ids.shape[0]}",
                traces.key,
                "/shape/1",
                found=str(channels),
                expected=str(ids.shape[0]),
            )
        times = store.array(f"times_seg{segment}")
        census = store.census.arrays.get(traces.path)
        is_whole = census is None or not (census.missing_count or census.stray_count)  # else its shape is in doubt
        if times is not None and is_whole and times.shape != (frames,):
            yield Problem(
                "recording",
                f"times_seg{segment} has {list(times.shape)} values, traces_seg{segment} {frames} frames",
                times.key,
                "/shape",
                found=str(list(times.shape)),
                expected=f"[{frames}]",
            )
    yield from _check_times(store, segments, key)
    if ids is not None and len(ids.shape) == 1:
        yield from check_stored_ids(store, ids)
        yield from _check_properties(store, ids.shape[0])


def _check_properties(store: ZarrStore, channels: int) -> Iterator[Problem]:
    """Properties have a value for each channel."""
    for array in store.arrays():
        if array.path.startswith("properties/") and array.shape[:1] != (channels,):
            yield Problem(
                "recording",
                f"{array.path} has the shape {list(array.shape)} for {channels} channels",
                array.key,
                "/shape",
                found=str(list(array.shape)),
                expected=str(channels),
            )


def _check_times(store: ZarrStore, segments: list[int], key: str) -> Iterator[Problem]:
    """Times are stored only if the recording has a time vector, but then for every segment."""
    timed = [segment for segment in segments if f"{store.prefix}times_seg{segment}/.zarray" in store.files]
    if timed and store.array("t_starts") is None:
        for segment in set(segments) - set(timed):
            yield Problem("recording", f"{store.name} has times of other segments, but no times_seg{segment}", key)
