"""Timestamps in names: the standard notation, other common notations, and impossible dates and times."""

from __future__ import annotations

import re
from datetime import datetime

#: A timestamp in standard notation (groups 1 and 2), or in the one that names had for a short time (groups 1 and 3).
NAME_TIMESTAMP = re.compile(
    r"(?:^|(?<=_))([0-9]{4}-[0-9]{2}-[0-9]{2})(?:_([0-9]{2}-[0-9]{2}-[0-9]{2})|T([0-9]{6}))(?=_|$)"
)
#: A date, perhaps with a time, in another notation. ``rest`` is the text directly after it.
NONSTANDARD_TIMESTAMP = re.compile(
    r"""(?:^|(?P<before>[_\ -]))
    (?P<year>(?:19|20)[0-9]{2})
    (?:(?P<dash>[-_./])(?P<month>[0-9]{1,2})(?P=dash)(?P<day>[0-9]{1,2})
      |(?P<month6>0[1-9]|1[0-2])(?P<day6>0[1-9]|[12][0-9]|3[01]))
    (?:[-_Tt\ ]{0,2}
        (?:(?P<hour>[0-9]{1,2})(?P<colon>[-_:.])(?P<minute>[0-9]{1,2})(?:(?P=colon)(?P<second>[0-9]{1,2}))?
          |(?P<hour6>[0-9]{2})(?P<minute6>[0-9]{2})(?:(?P<second6>[0-9]{2})[0-9]*)?(?![0-9-]))
        (?:[.,][0-9]+)?
        (?P<zone>(?:Z|[+-][0-9]{2}[-:]?[0-9]{2})(?![^_\ ]))?
    )?
    (?P<rest>[^_\ ]*)""",
    re.VERBOSE,
)
#: Matches a date that starts with the day or the month.
DAY_FIRST = r"(?:^|(?<=[_ -]))[0-9]{1,2}([-_./])[0-9]{1,2}\1(?:19|20)[0-9]{2}(?=[_ T-]|$)"


def format_name_timestamp(time: datetime) -> str:
    """A date and time in standard notation: ``2022-12-12_05-06-07``."""
    # strftime does not pad years below 1000 on every platform.
    return f"{time.year:04}-{time.month:02}-{time.day:02}_{time:%H-%M-%S}"


def is_date(word: str) -> bool:
    """Whether a part of a name is a date in any notation."""
    match = NONSTANDARD_TIMESTAMP.fullmatch(word)
    return match is not None and not match["rest"]


def nonstandard_parts(match: re.Match[str]) -> tuple[str, str | None, str | None, str | None]:
    """Date, hour, minute and second of a match of `NONSTANDARD_TIMESTAMP`, in standard notation."""
    month, day, hour, minute, second = (
        value and value.zfill(2)
        for value in (match[unit] or match[f"{unit}6"] for unit in ("month", "day", "hour", "minute", "second"))
    )
    return f"{match['year']}-{month}-{day}", hour, minute, second


def standardized(match: re.Match[str]) -> str:
    """A match of `NONSTANDARD_TIMESTAMP` in standard notation; unchanged if it is incomplete or has a time zone."""
    date, hour, minute, second = nonstandard_parts(match)
    if second is None or match["zone"]:
        return match.group()
    rest = "" if match["rest"].startswith(".") else re.sub("^-", "_", match["rest"])
    return f"{'_' if match['before'] else ''}{date}_{hour}-{minute}-{second}{rest}"


def standardize_transitional(timestamp: re.Match[str]) -> str:
    """A match of `NAME_TIMESTAMP` in standard notation."""
    if timestamp.group(2):
        return timestamp.group()
    time = timestamp.group(3)
    return f"{timestamp.group(1)}_{time[:2]}-{time[2:4]}-{time[4:]}"


def parse_name_timestamp(day: str, time: str) -> datetime | None:
    """The date and time of ``YYYY-MM-DD`` and ``HHMMSS``; None if they are impossible."""
    year, month, date = map(int, day.split("-"))
    try:
        return datetime(year, month, date, int(time[:2]), int(time[2:4]), int(time[4:]))
    except ValueError:
        return None


def explain_impossible(day: str, time: str) -> str:
    """Why `parse_name_timestamp` returns None."""
    year, month, date = (int(part) for part in day.split("-"))
    hour, minute, second = int(time[:2]), int(time[2:4]), int(time[4:])
    if not 1 <= month <= 12:
        return f"'{day}' has month {month}; months are 01 to 12"
    try:
        datetime(year, month, date)
    except ValueError:
        return f"'{day}' is not a day of the calendar"
    for value, limit, unit in ((hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second")):
        if value > limit:
            return f"the time has {unit} {value}; the maximum is {limit}"
    raise AssertionError(f"{day} {time} is possible")
