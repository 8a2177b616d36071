"""Is a time in the name the one that a sidecar states?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.value_reference import Reference, ReferencedValue, resolve_references
from aind_lint.engine.evidence import SAME_TIME, start_evidence
from aind_lint.engine.repair import is_of_other_subject, name_with, rename, repair_start, sentence, stated_name
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.timestamps import parse_iso

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
    stated = parse_iso(entry.value)
    readings = _readings(asset, stated, ZoneInfo(context.zone)) if isinstance(stated, datetime) else []
    if not readings:
        yield Unchecked(f"{entry.pointer} is not a date and time", entry.file)
        return
    if min(abs(reading.time - name_time) for reading in readings) <= timedelta(seconds=options.tolerance_seconds):
        return
    difference = "time" if any(reading.time.date() == name_time.date() for reading in readings) else "date"
    if options.difference in (difference, "either"):
        suggested = _suggested(asset, readings, name_time)
        fault = _fault(asset, options, name_time, entry, suggested, context.zone)
        if name_time > context.checked_at.replace(tzinfo=None) + _ZONES and (
            name := name_with(asset, acquired=suggested.time)
        ):
            fault = replace(fault, fix=sentence(rename(asset, name)))  # nothing can have been recorded then
        yield fault


@dataclass(frozen=True)
class _Reading:
    """The stated time as a name can have it.

    Attributes:
        time: The time, naive.
        stated: The stated time.
        zone: The zone of ``time``; None if the stated time has none.
    """

    time: datetime
    stated: datetime
    zone: tzinfo | None

    def error_of(self, name_time: datetime) -> timedelta:
        """How much too early the stated time is if the name is right and is in this zone."""
        return name_time.replace(tzinfo=self.zone) - self.stated


def _suggested(asset: Asset, readings: list[_Reading], name_time: datetime) -> _Reading:
    """The start in the zone in which the name should be.

    The name in data_description.json shows it, or a stated zone. Otherwise it is that of the time of day in the name;
    up to metadata 1.x the first of the readings, from 2.x on the one nearest to the name.
    """
    in_field = parse_name(stated_name(asset) or "", vocabulary=asset.vocabulary).acquired
    stated = [one for one in readings if in_field is not None and abs(one.time - in_field) <= SAME_TIME]
    if stated or asset.zone:
        return (stated or readings)[0]
    by_distance = asset.generation in ("2.x", "3.x")

    def precedence(index: int) -> tuple[bool, int, timedelta]:
        difference = readings[index].time - name_time
        return not _is_whole_days(difference), 0 if by_distance else index, abs(difference)

    return readings[min(range(len(readings)), key=precedence)]


def _is_whole_days(difference: timedelta) -> bool:
    days = round(difference / timedelta(days=1))
    return abs(difference - timedelta(days=days)) <= SAME_TIME


def _readings(asset: Asset, stated: datetime, zone: tzinfo) -> list[_Reading]:
    """The stated time in the rig's zone, in its own offset and in UTC: names have been made from each.

    From metadata 2.x on, rigs name behavior and fiber photometry in UTC. Before, an offset that is not UTC is that of
    the rig.
    """
    if stated.tzinfo is None:
        return [_Reading(stated, stated, None)]
    zones = [asset.zone or zone, stated.tzinfo]
    if asset.zone is None and stated.utcoffset():
        zones.reverse()
    if asset.generation in ("2.x", "3.x"):
        zones.append(timezone.utc)
    try:
        return [_Reading(stated.astimezone(each).replace(tzinfo=None), stated, each) for each in zones]
    except OverflowError:  # the first and the last day of the calendar have no other zone
        return []


def _fault(
    asset: Asset, options: Options, name_time: datetime, entry: ReferencedValue, suggested: _Reading, zone: str
) -> Fault:
    message = (
        f"the asset name has {name_time:%Y-%m-%d %H:%M:%S}, but "
        f"{options.event} at {entry.value} according to {entry.file}"
    )
    expected = f"{name_time:%Y-%m-%dT%H:%M:%S}"
    if options.name_part != "acquired":
        return Fault(message, entry.file, entry.pointer, found=entry.value, expected=expected)
    fix = repair_start(asset, entry, name_with(asset, acquired=suggested.time), suggested.error_of(name_time), zone)
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
