"""Is a local time labeled as UTC?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import Reference, ReferencedValue, resolve_references
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.timestamps import parse_iso

#: A time in UTC, as JSON writes it.
_UTC_TIME = re.compile(r'"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-]00:?00)"')
#: Seconds by which a local time can differ from the name.
_TOLERANCE = timedelta(seconds=60)


class Options(verb.Options):
    """Where sidecars state the start of the acquisition; the first that exists is checked."""

    places: Annotated[list[Reference], NOT_EMPTY]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if the start in UTC is, to the digit, the local time in the asset name."""
    entry = next((entry for entry in resolve_references(asset, options.places) if isinstance(entry.value, str)), None)
    stated = parse_iso(entry.value) if entry is not None else None
    if entry is None or not isinstance(stated, datetime) or asset.name.acquired is None:
        return
    local = stated.replace(tzinfo=None)
    offset = local.replace(tzinfo=asset.zone or ZoneInfo(context.zone)).utcoffset()
    if stated.utcoffset() == timedelta(0) != offset and offset and abs(local - asset.name.acquired) <= _TOLERANCE:
        hours = f"{local.replace(tzinfo=asset.zone or ZoneInfo(context.zone)):%z}"
        expected = f"{local:%Y-%m-%dT%H:%M:%S}{hours[:3]}:{hours[3:]}"
        message = f"{entry.value} in {entry.file} is the local time in the asset name, labeled as UTC"
        fix = f'Set {entry.pointer} in {entry.file} to "{expected}"'
        if _has_other_times_in_utc(asset, entry):
            fix = f"Write every time in {entry.file} that is labeled as UTC with the offset {expected[-6:]} instead"
        yield Fault(message, entry.file, entry.pointer, found=entry.value, expected=expected, fix=fix)


def _has_other_times_in_utc(asset: Asset, start: ReferencedValue) -> bool:
    """Whether more times of the file are labeled as UTC: corrected alone, the start would be after them."""
    sidecar = asset.sidecar(str(start.file))
    return sidecar is not None and len(_UTC_TIME.findall(sidecar.text)) > 1
