"""Do the subject and the start of the session in an NWB file belong to this asset?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import NOT_READ, format_files_of, scanner_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.timestamps import parse_iso

if TYPE_CHECKING:
    from aind_lint.formats.format_scanner import NwbFacts

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
    if not format_files_of(asset).has("nwb"):
        return
    if context.contents == "none":
        yield Unchecked(NOT_READ)
        return
    for facts in scanner_of(asset, context).nwb_facts:
        if options.value == "subject":
            yield from _compare_subject(asset, facts)
        else:
            yield from _compare_start(asset, facts, options.value, context.zone)


def _compare_subject(asset: Asset, facts: NwbFacts) -> Iterator[Fault | Unchecked]:
    subject = asset.name.subject_id
    if subject is None:
        yield Unchecked("the asset name has no readable subject id")
    elif facts.subject is None:
        yield Unchecked(f"the subject of {facts.name} is not read", facts.key)
    elif facts.subject != subject:
        yield Fault(
            f"{facts.name} is of subject {facts.subject}, the asset of {subject}",
            facts.key,
            found=facts.subject,
            expected=subject,
        )


def _compare_start(
    asset: Asset, facts: NwbFacts, value: Literal["date", "time"], zone: str
) -> Iterator[Fault | Unchecked]:
    acquired = asset.name.acquired
    start = parse_iso(facts.start) if facts.start else None
    if acquired is None:
        yield Unchecked("the asset name has no readable date and time")
        return
    if not isinstance(start, datetime):
        yield Unchecked(f"the start of the session in {facts.name} is not read", facts.key)
        return
    readings = [start.replace(tzinfo=None)]
    if start.tzinfo is not None:
        try:
            readings.append(start.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
            readings.append(start.astimezone(ZoneInfo("UTC")).replace(tzinfo=None))
        except OverflowError:
            yield Unchecked(f"the start of the session in {facts.name} is outside the calendar", facts.key)
            return
    if min(abs(reading - acquired) for reading in readings) <= _TOLERANCE:
        return
    same_date = any(reading.date() == acquired.date() for reading in readings[:2])
    if same_date is (value == "time"):
        yield Fault(
            f"the session in {facts.name} starts at {facts.start}, "
            f"the name of the asset says {acquired:%Y-%m-%d %H:%M:%S}",
            facts.key,
            found=facts.start,
            expected=f"{acquired:%Y-%m-%dT%H:%M:%S}",
        )
