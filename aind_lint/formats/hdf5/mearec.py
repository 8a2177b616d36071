"""A simulated recording that MEArec wrote.

Source: https://mearec.readthedocs.io/en/latest/generate_recordings.html
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

from aind_lint.formats.hdf5.content import Hdf5Content
from aind_lint.formats.positive_number import positive_number
from aind_lint.formats.problem import NotRead, Problem, Result

#: Globs of the datasets whose values are needed.
RATE, DURATION = "info/recordings/fs", "info/recordings/duration"
_SPIKES = "spiketrains/*/times"
NUMBERS = [RATE, DURATION, _SPIKES]
_FRAMES_TOLERANCE = 1.0


def is_mearec(content: Hdf5Content) -> bool:
    """Whether a file was written by MEArec."""
    groups = content.nodes
    return "info/recordings" in groups or (
        "info" in groups and ("spiketrains" in groups or "channel_positions" in groups)
    )


def check_mearec(key: str, content: Hdf5Content) -> Iterator[Result]:
    """What a recording lacks."""
    nodes = content.nodes
    for name in ("recordings", "channel_positions", "spiketrains"):
        if name not in nodes:
            yield Problem("mearec", f"{key} has no {name}, so it cannot be used as a recording", key, expected=name)
    rate, duration = _scalar(content, RATE), _scalar(content, DURATION)
    for name, value, unit in ((RATE, rate, "Hz"), (DURATION, duration, "seconds")):
        expected = f"a number of {unit} above 0"
        if "info/recordings" in nodes and name not in nodes:
            yield Problem("mearec", f"{key} has no {name}", key, expected=expected)
        elif value is None and name in nodes:
            yield NotRead(("mearec",), f"{name} of {key} is not one number, so it was not read", key)
        elif value is not None and positive_number(value) is None:
            yield Problem("mearec", f"{name} of {key} is {value:g}", key, found=f"{value:g}", expected=expected)
    rate, duration = (None if value is None else positive_number(value) for value in (rate, duration))
    shape = nodes.get("recordings", {}).get("shape")
    positions = nodes.get("channel_positions", {}).get("shape")
    if not isinstance(shape, list) or len(shape) != 2:
        return
    frames, channels = max(shape), min(shape)
    if positions and positions[0] in shape:
        channels = positions[0]
        frames = shape[1] if shape[0] == channels else shape[0]
    if positions and positions[0] not in shape:
        yield Problem("mearec", f"{key} has the positions of {positions[0]} channels and recordings of {channels}", key)
    if rate is not None and duration is not None and abs(frames - duration * rate) > _FRAMES_TOLERANCE:
        yield Problem(
            "mearec",
            f"{key} has {frames:,} frames, but its info states {duration:g} s at {rate:g} Hz: "
            f"{duration * rate:,.0f} frames",
            key,
            found=str(frames),
            expected=f"{duration * rate:.0f}",
        )
    elif rate is not None:
        yield from _check_spikes(key, content, frames / rate)


def _check_spikes(key: str, content: Hdf5Content, end: float) -> Iterator[Problem]:
    for path, times in content.numbers.items():
        if not fnmatch.fnmatchcase(path, _SPIKES):
            continue
        latest = max((time for time in times if time is not None), default=0.0) if isinstance(times, list) else 0.0
        if latest > end + 1e-3:
            yield Problem(
                "mearec",
                f"{path} of {key} has a spike at {latest:g} s, the recording ends at {end:g} s",
                key,
                found=f"{latest:g}",
                expected=f"at most {end:g}",
            )


def _scalar(content: Hdf5Content, path: str) -> float | None:
    values: Any = content.numbers.get(path)
    value = values[0] if isinstance(values, list) and values else None
    return float(value) if isinstance(value, (int, float)) else None
