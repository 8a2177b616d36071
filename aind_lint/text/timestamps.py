"""Moments as sidecars and names write them, and their order where the zone of one is not known.

A date without a time is its whole day. A time without a zone may have been meant in the rig's zone, in UTC, or on the
clock of the other time: sidecars of every era hold all three. So one moment is after another only if it is in every
reading of the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
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
    """A moment, as far as it is known.

    Attributes:
        first: The earliest it can have been; naive where no zone is stated.
        last: The latest it can have been; naive where no zone is stated.
    """

    first: datetime
    last: datetime

    def is_after(self, other: Timestamp, zone: str, tolerance: timedelta = timedelta(0)) -> bool:
        """Whether it certainly is more than ``tolerance`` after another.

        Args:
            other: The other moment.
            zone: The rig's time zone, in which a moment that states none may have been meant.
            tolerance: By how much it may be later.
        """
        earliest, latest = self.first, other.last
        if (earliest.tzinfo is None) is not (latest.tzinfo is None):
            clock = earliest.tzinfo or latest.tzinfo
            assert clock is not None
            earliest, latest = min(_readings(earliest, zone, clock)), max(_readings(latest, zone, clock))
        return earliest - latest > tolerance


def to_timestamp(value: object) -> Timestamp | None:
    """The moment that a text of a sidecar or a part of a name stands for; None when it is none."""
    if isinstance(value, str):
        value = parse_iso(value)
    if isinstance(value, datetime):
        return Timestamp(value, value)
    if isinstance(value, date):
        return Timestamp(datetime.combine(value, time.min), datetime.combine(value, time.max))
    return None


def parse_iso(text: str) -> datetime | date | None:
    """A date, or a date and time, of ISO 8601; None when it is none."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
        if match["time"] is None:
            return day
        moment = datetime.combine(day, time.fromisoformat(match["time"]))
        moment += timedelta(microseconds=int((match["fraction"] or "").ljust(6, "0")[:6]))
        return moment.replace(tzinfo=_zone(match["zone"]))
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone | None:
    if text is None or text == "Z":
        return timezone.utc if text else None
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _readings(moment: datetime, zone: str, clock: tzinfo) -> list[datetime]:
    """The moment; of one without a zone, everything it can mean."""
    if moment.tzinfo is not None:
        return [moment]
    try:
        zones = (ZoneInfo(zone), timezone.utc, clock)
        return [moment.replace(tzinfo=each).astimezone(timezone.utc) for each in zones]
    except OverflowError:  # the first and the last day of the calendar have no other zone
        return [moment.replace(tzinfo=timezone.utc)]
