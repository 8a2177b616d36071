"""Compares a compressed recording of Open Ephys with the description of the original, which stays beside it.

AIND compresses ``Record Node 104/experiment1/…/continuous/Neuropix-PXI-100.ProbeA-AP`` to
``ecephys_compressed/experiment1_Record Node 104#Neuropix-PXI-100.ProbeA-AP.zarr``, and keeps ``structure.oebin`` in
``ecephys_clipped``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from aind_lint.formats.open_ephys.recording import RATE_TOLERANCE, OpenEphysRecording, OpenEphysStream
from aind_lint.formats.positive_number import positive_number
from aind_lint.formats.problem import Problem
from aind_lint.formats.zarr.store import ZarrStore

_NAME = re.compile(r"(experiment[0-9]+)_(Record Node [0-9]+)#(.+)\.zarr")


def compare_with_original(store: ZarrStore, recordings: Iterable[OpenEphysRecording]) -> Iterator[Problem]:
    """Differences of a compressed recording from its original in channels and rate."""
    match = _NAME.fullmatch(store.name.rpartition("/")[2])
    if match is None:
        return
    experiment, node, folder = match.groups()
    originals = [
        stream
        for recording in recordings
        if {experiment, node} <= set(recording.key.split("/"))
        for stream in recording.streams
        if stream.folder == folder
    ]
    for stream in originals[:1]:
        yield from _compare(store, stream)


def _compare(store: ZarrStore, stream: OpenEphysStream) -> Iterator[Problem]:
    root = store.nodes.get("")
    rate = positive_number(store.attributes.get("sampling_frequency"))  # another problem names a rate that is none
    if root and rate and stream.rate and not math.isclose(rate, stream.rate, rel_tol=RATE_TOLERANCE):
        yield Problem(
            "compressed-recording",
            f"the sampling frequency of {store.name} is {rate:g} Hz, that of the original is {stream.rate:g} Hz "
            f"({stream.key})",
            root.key,
            "/sampling_frequency",
            found=f"{rate:g}",
            expected=f"{stream.rate:g}",
        )
    traces = store.array("traces_seg0")
    if traces is None or len(traces.shape) != 2 or not stream.channels:
        return
    channels = traces.shape[1]
    if not stream.channels - max(1, stream.sync_channels) <= channels <= stream.channels:
        yield Problem(
            "compressed-recording",
            f"{store.name} has {channels} channels, the original has {stream.channels} ({stream.key})",
            traces.key,
            "/shape/1",
            found=str(channels),
            expected=str(stream.channels - stream.sync_channels),
        )
