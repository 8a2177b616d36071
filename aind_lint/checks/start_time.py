"""Is the time in the name the start of the acquisition?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault, Unchecked
from aind_lint.engine.world import World

#: Where each generation writes the start of the acquisition.
_STARTS = (
    ("acquisition.json", "/acquisition_start_time"),
    ("session.json", "/session_start_time"),
    ("acquisition.json", "/session_start_time"),
    ("mri_session.json", "/session_start_time"),
)


class Options(verb.Options):
    """Whether to find another date, or the same date with a time that differs by more than the tolerance.

    Attributes:
        differs: Which difference to find.
        tolerance: In seconds.
    """

    differs: Literal["date", "time"]
    tolerance: int = 60


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault | Unchecked]:
    """Yield a fault if the first start found differs so from the name, in its own offset and in the rig's zone."""
    named = asset.name.acquired
    if named is None:
        yield Unchecked("the name holds no readable date and time")
        return
    place = _start(asset)
    if place is None:
        yield Unchecked("no sidecar states when the acquisition started")
        return
    file, pointer, text = place
    try:
        started = datetime.fromisoformat(text.replace("Z", "+00:00"))
        readings = [started.replace(tzinfo=None)]
        if started.tzinfo is not None:
            readings.append(started.astimezone(ZoneInfo(world.zone)).replace(tzinfo=None))
    except (ValueError, OverflowError):  # the first and the last day of the calendar have no other zone
        yield Unchecked(f"{pointer} is no date and time", file)
        return
    if min(abs(reading - named) for reading in readings) <= timedelta(seconds=options.tolerance):
        return
    same_date = any(reading.date() == named.date() for reading in readings)
    if same_date is (options.differs == "time"):
        nearest = min(readings, key=lambda reading: abs(reading - named))
        message = f"the name says {named:%Y-%m-%d %H:%M:%S}, but {file} says that the acquisition started at {text}"
        yield Fault(message, file, pointer, found=text, expected=f"{named:%Y-%m-%dT%H:%M:%S}", fix=_fix(asset, nearest))


def _start(asset: Asset) -> tuple[str, str, str] | None:
    for file, pointer in _STARTS:
        try:
            value = asset.value(file, pointer)
        except LookupError:
            continue
        if isinstance(value, str):
            return file, pointer, value
    return None


def _fix(asset: Asset, started: datetime) -> str | None:
    if asset.name.form != "raw":
        return None  # the name of a derived asset repeats its source's, which is published and stays
    stamp = f"{started:%Y-%m-%d_%H-%M-%S}"
    start = "_".join(part for part in (asset.name.prefix, asset.name.subject_id) if part)
    return f"Rename the folder to {start}_{stamp}, or correct the time in the sidecar"
