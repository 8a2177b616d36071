"""Timestamps of sidecars and names, and their order when the time zone of one is unknown.

A date without a time covers its whole day. A time without a zone can be in the rig's zone, in UTC, or in the zone of
the other time: sidecars of every generation contain all three. So a timestamp is after another only if it is in every
interpretation of both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

# Python 3.10 reads no other fractions than milliseconds and microseconds, and no Z.
_TEXT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.(?P<fraction>[0-9]{1,9})[0-9]*)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)


@dataclass(frozen=True)
class Timestamp:
    """A point in time, as exactly as it is known.

    Attributes:
        earliest: The earliest possible time; naive if no zone is given.
        latest: The latest possible time; naive if no zone is given.
    """

    earliest: datetime
    latest: datetime

    def is_after(self, other: Timestamp, zone: str | tzinfo, tolerance: timedelta = timedelta(0)) -> bool:
        """Whether this timestamp is more than ``tolerance`` after another in every interpretation.

        Args:
            other: The other timestamp.
            zone: The rig's time zone, a possible zone of a timestamp without one.
            tolerance: By how much this timestamp may be later.
        """
        earliest, latest = self.earliest, other.latest
        if (earliest.tzinfo is None) is not (latest.tzinfo is None):
            known = earliest.tzinfo or latest.tzinfo
            assert known is not None
            earliest, latest = min(_interpretations(earliest, zone, known)), max(_interpretations(latest, zone, known))
        return earliest - latest > tolerance


def to_timestamp(value: object) -> Timestamp | None:
    """The timestamp of a sidecar's value or a part of a name; None if it is neither a date nor a date and time."""
    if isinstance(value, str):
        return _timestamp_of(value)
    if isinstance(value, datetime):
        return Timestamp(value, value)
    if isinstance(value, date):
        return Timestamp(datetime.combine(value, time.min), datetime.combine(value, time.max))
    return None


@lru_cache(maxsize=1000)  # several rules compare the same times
def _timestamp_of(text: str) -> Timestamp | None:
    return to_timestamp(parse_iso(text))


@lru_cache(maxsize=1000)
def parse_iso(text: str) -> datetime | date | None:
    """A date, or a date and time, in ISO 8601; None if the text is neither."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
        if match["time"] is None:
            return day
        parsed = datetime.combine(day, time.fromisoformat(match["time"]))
        parsed += timedelta(microseconds=int((match["fraction"] or "").ljust(6, "0")[:6]))
        return parsed.replace(tzinfo=_zone(match["zone"]))
    except (ValueError, OverflowError):
        return None


def parse_zone(value: object) -> tzinfo | None:
    """The time zone of ``acquisition_start_tz``: an IANA name, a number of hours, or ``±HH:MM``; None if it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return timezone(timedelta(hours=value)) if -24 < value < 24 else None
    if not isinstance(value, str):
        return None
    if re.fullmatch(r"[+-][0-9]{2}:[0-5][0-9]", value, re.ASCII) and int(value[1:3]) < 24:
        return _zone(value)
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, LookupError):  # not a name, or the name of a folder of the database
        return None


def _zone(text: str | None) -> timezone | None:
    if text is None or text == "Z":
        return timezone.utc if text else None
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _interpretations(value: datetime, zone: str | tzinfo, other: tzinfo) -> list[datetime]:
    """The time itself; for one without a zone, the time in each possible zone."""
    if value.tzinfo is not None:
        return [value]
    try:
        zones = (ZoneInfo(zone) if isinstance(zone, str) else zone, timezone.utc, other)
        return [value.replace(tzinfo=each).astimezone(timezone.utc) for each in zones]
    except OverflowError:  # the first and the last day of the calendar cannot be converted
        return [value.replace(tzinfo=timezone.utc)]
