"""Do the subject and the start of the session in an NWB file belong to this asset?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.checks.format_problems import nwb_files
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.timestamps import parse_iso

if TYPE_CHECKING:
    from aind_lint.formats.nwb.nwb_file import NwbFile

SCOPE = "data"
NEEDS_DATA = True

#: Names have whole seconds, and some writers store the start of the file, a little later.
_TOLERANCE = timedelta(seconds=60)
#: Where sidecars state the subject, and the start: the first that exists.
_SUBJECT_PLACES = [("subject.json", "/subject_id")]
_START_PLACES = [
    ("acquisition.json", "/acquisition_start_time"),
    ("session.json", "/session_start_time"),
    ("acquisition.json", "/session_start_time"),
]
_NAME = "the name"
_ENDING = re.compile(r"(?:\.nwb)?(?:\.zarr)?$")


class Options(verb.Options):
    """What is compared.

    Attributes:
        value: The subject; the date of the start; or the time of the start on the same date.
    """

    value: Literal["subject", "date", "time"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every NWB file that contradicts the name and the sidecars.

    Where these contradict each other, which other rules report, an NWB file may agree with either. A file outside any
    asset is compared with its own name if that is the name of an asset.
    """
    for nwb in nwb_files(asset, context):
        if isinstance(nwb, Unchecked):
            yield nwb
            continue
        name = _own_name(nwb) if asset.data_only else asset.name
        if name is None:
            continue
        if options.value == "subject":
            yield from _compare_subject(asset, name, nwb)
        else:
            yield from _compare_start(asset, name, nwb, options.value, asset.zone or ZoneInfo(context.zone))


def _own_name(nwb: NwbFile) -> AssetName | None:
    """The name of the asset that an NWB file is called after; None if it is called otherwise."""
    name = parse_name(_ENDING.sub("", nwb.name.rpartition("/")[2]))
    return name if name.form is not None and not name.problems else None


def _compare_subject(asset: Asset, name: AssetName, nwb: NwbFile) -> Iterator[Fault | Unchecked]:
    stated = [(name.subject_id, _NAME), *_stated(asset, _SUBJECT_PLACES)]
    expected = {value: place for value, place in reversed(stated) if isinstance(value, str) and value}
    found = nwb.subject("subject_id")
    if not expected:
        yield Unchecked("neither the name nor subject.json states a subject id")
    elif found is None:
        yield Unchecked(f"the subject of {nwb.name} is not read", nwb.key)
    elif found not in expected:
        subject, place = next((value, place) for value, place in stated if value in expected)
        yield Fault(
            f"{nwb.name} is of subject {found}, {place} states {subject}", nwb.key, found=found, expected=str(subject)
        )


def _compare_start(
    asset: Asset, name: AssetName, nwb: NwbFile, value: Literal["date", "time"], zone: tzinfo
) -> Iterator[Fault | Unchecked]:
    stated = [(name.acquired, _NAME)] if name.acquired else []
    for text, place in _stated(asset, _START_PLACES):
        if isinstance(text, str) and isinstance(timestamp := parse_iso(text), datetime):
            stated.append((timestamp, place))
            break
    start = parse_iso(nwb.start) if nwb.start else None
    if not stated:
        yield Unchecked("neither the name nor a sidecar states a date and time")
        return
    if not isinstance(start, datetime):
        yield Unchecked(f"the start of the session in {nwb.name} is not read", nwb.key)
        return
    try:
        starts = _readings(start, zone)
        expected = [reading for timestamp, _ in stated for reading in _readings(timestamp, zone)]
    except OverflowError:
        yield Unchecked(f"the start of the session in {nwb.name} is outside the calendar", nwb.key)
        return
    if min(abs(one - other) for one in starts for other in expected) <= _TOLERANCE:
        return
    # A time in UTC can be on another date than the session was.
    same_date = any(one.date() == other.date() for one in starts[:2] for other in expected)
    if same_date is (value == "time"):
        timestamp, place = stated[0]
        yield Fault(
            f"the session in {nwb.name} starts at {nwb.start}, {place} states {timestamp:%Y-%m-%d %H:%M:%S}",
            nwb.key,
            found=nwb.start,
            expected=timestamp.isoformat(),
        )


def _readings(timestamp: datetime, zone: tzinfo) -> list[datetime]:
    """The wall clocks that a time can be meant for: its own, that of the rig, and UTC.

    Raises:
        OverflowError: It is on the first or the last day of the calendar.
    """
    own = timestamp.replace(tzinfo=None)
    if timestamp.tzinfo is None:
        return [own]
    return [own, *(timestamp.astimezone(one).replace(tzinfo=None) for one in (zone, timezone.utc))]


def _stated(asset: Asset, places: list[tuple[str, str]]) -> Iterator[tuple[object, str]]:
    """The values that sidecars state, each with the name of its sidecar."""
    for key, pointer in [] if asset.data_only else places:
        with suppress(LookupError):
            yield asset.value(key, pointer), key
