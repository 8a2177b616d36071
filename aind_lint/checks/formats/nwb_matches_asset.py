"""Do the subject and the start of the session in an NWB file belong to this asset?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import nwb_files
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.timestamps import parse_iso

if TYPE_CHECKING:
    from aind_lint.formats.nwb.nwb_file import NwbFile

NEEDS_DATA = True

#: Names have whole seconds, and some writers store the start of the file, a little later.
_TOLERANCE = timedelta(seconds=60)


class Options(verb.Options):
    """What is compared.

    Attributes:
        value: The subject; the date of the start; or the time of the start on the same date.
    """

    value: Literal["subject", "date", "time"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every NWB file that states something else than the name."""
    for nwb in nwb_files(asset, context):
        if isinstance(nwb, Unchecked):
            yield nwb
        elif options.value == "subject":
            yield from _compare_subject(asset, nwb)
        else:
            yield from _compare_start(asset, nwb, options.value, context.zone)


def _compare_subject(asset: Asset, nwb: NwbFile) -> Iterator[Fault | Unchecked]:
    expected, found = asset.name.subject_id, nwb.subject("subject_id")
    if expected is None:
        yield Unchecked("the asset name has no readable subject id")
    elif found is None:
        yield Unchecked(f"the subject of {nwb.name} is not read", nwb.key)
    elif found != expected:
        yield Fault(
            f"{nwb.name} is of subject {found}, the asset of {expected}", nwb.key, found=found, expected=expected
        )


def _compare_start(
    asset: Asset, nwb: NwbFile, value: Literal["date", "time"], zone: str
) -> Iterator[Fault | Unchecked]:
    acquired = asset.name.acquired
    start = parse_iso(nwb.start) if nwb.start else None
    if acquired is None:
        yield Unchecked("the asset name has no readable date and time")
        return
    if not isinstance(start, datetime):
        yield Unchecked(f"the start of the session in {nwb.name} is not read", nwb.key)
        return
    readings = [start.replace(tzinfo=None)]
    if start.tzinfo is not None:
        try:
            readings.append(start.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
            readings.append(start.astimezone(ZoneInfo("UTC")).replace(tzinfo=None))
        except OverflowError:
            yield Unchecked(f"the start of the session in {nwb.name} is outside the calendar", nwb.key)
            return
    if min(abs(reading - acquired) for reading in readings) <= _TOLERANCE:
        return
    same_date = any(reading.date() == acquired.date() for reading in readings[:2])
    if same_date is (value == "time"):
        yield Fault(
            f"the session in {nwb.name} starts at {nwb.start}, the name of the asset says {acquired:%Y-%m-%d %H:%M:%S}",
            nwb.key,
            found=nwb.start,
            expected=f"{acquired:%Y-%m-%dT%H:%M:%S}",
        )
