"""Is a time in the name the one that a sidecar states?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.value_reference import Reference, ReferencedValue, resolve_references
from aind_lint.engine.evidence import start_evidence
from aind_lint.engine.repair import is_of_other_subject, name_with, rename, repair_start, sentence, stated_name
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.timestamps import parse_iso

#: A difference that times of one start can have.
_SAME_TIME = timedelta(seconds=60)
#: How much later than in UTC it can be in the zone of a rig.
_ZONES = timedelta(hours=14)


class Options(verb.Options):
    """Which times are compared, and which difference is reported.

    Attributes:
        name_part: The time in the name.
        event: What happened then, for the message: "the acquisition started".
        places: Where sidecars state it; the first that exists is compared.
        difference: ``date``: another date; ``time``: the same date at another time; ``either``: both.
        tolerance_seconds: A difference that is not reported.
    """

    name_part: Literal["acquired", "processed"]
    event: str
    places: Annotated[list[Reference], NOT_EMPTY]
    difference: Literal["date", "time", "either"]
    tolerance_seconds: int = 60


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault if the stated time differs from the name in every zone in which the name can be."""
    name_time: datetime | None = getattr(asset.name, options.name_part)
    if name_time is None:
        yield Unchecked("the asset name has no readable date and time")
        return
    entry = next((entry for entry in resolve_references(asset, options.places) if isinstance(entry.value, str)), None)
    if entry is None:
        yield Unchecked(f"no sidecar states when {options.event}")
        return
    readings = _readings(entry.value, asset.zone or ZoneInfo(context.zone), asset.generation in ("2.x", "3.x"))
    if not readings:
        yield Unchecked(f"{entry.pointer} is not a date and time", entry.file)
        return
    if min(abs(reading - name_time) for reading in readings) <= timedelta(seconds=options.tolerance_seconds):
        return
    difference = "time" if any(reading.date() == name_time.date() for reading in readings) else "date"
    if options.difference in (difference, "either"):
        suggested = _suggested(asset, readings, name_time)
        fault = _fault(asset, options, name_time, entry, suggested)
        if name_time > context.checked_at.replace(tzinfo=None) + _ZONES and (
            name := name_with(asset, acquired=suggested)
        ):
            fault = replace(fault, fix=sentence(rename(asset, name)))  # nothing can have been recorded then
        yield fault


def _suggested(asset: Asset, readings: list[datetime], name_time: datetime) -> datetime:
    """The start in the zone in which the name should be.

    The name in data_description.json shows it, or a stated zone. Otherwise it is that of the time of day in the name,
    or of the time nearest to the name.
    """
    stated = parse_name(stated_name(asset) or "", vocabulary=asset.vocabulary).acquired
    in_field = [one for one in readings if stated is not None and abs(one - stated) <= _SAME_TIME]
    if in_field or asset.zone:
        return (in_field or readings)[0]
    return min(readings, key=lambda one: (not _is_same_time_of_day(one, name_time), abs(one - name_time)))


def _is_same_time_of_day(one: datetime, other: datetime) -> bool:
    days = round((one - other) / timedelta(days=1))
    return abs(one - other - timedelta(days=days)) <= _SAME_TIME


def _readings(text: str, zone: tzinfo, with_utc: bool) -> list[datetime]:
    """The stated time in the rig's zone, in its own offset and in UTC, naive: names have been made from each.

    From metadata 2.x on, rigs name behavior and fiber photometry in UTC.
    """
    stated = parse_iso(text)
    if not isinstance(stated, datetime):
        return []
    if stated.tzinfo is None:
        return [stated]
    zones = [zone, stated.tzinfo, *([timezone.utc] if with_utc else [])]
    try:
        return [stated.astimezone(each).replace(tzinfo=None) for each in zones]
    except OverflowError:  # the first and the last day of the calendar have no other zone
        return []


def _fault(asset: Asset, options: Options, name_time: datetime, entry: ReferencedValue, suggested: datetime) -> Fault:
    message = (
        f"the asset name has {name_time:%Y-%m-%d %H:%M:%S}, but "
        f"{options.event} at {entry.value} according to {entry.file}"
    )
    expected = f"{name_time:%Y-%m-%dT%H:%M:%S}"
    if options.name_part != "acquired":
        return Fault(message, entry.file, entry.pointer, found=entry.value, expected=expected)
    fix = repair_start(asset, entry, name_with(asset, acquired=suggested), name_time - suggested)
    established = start_evidence(asset, entry).established
    if established == "sidecar":
        return Fault(
            message, found=f"{name_time:%Y-%m-%d_%H-%M-%S}", fix=fix, related=((entry.file or "", entry.pointer),)
        )
    return Fault(
        message,
        entry.file,
        entry.pointer,
        found=entry.value,
        expected=expected if established else None,
        fix=fix,
        # A file of another recording states another subject, too.
        compares=("subject", "start") if is_of_other_subject(asset, entry.file) else None,
    )
