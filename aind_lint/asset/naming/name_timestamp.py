"""Dates and times in names: how they are written, how else people write them, and which cannot be."""

from __future__ import annotations

import re
from datetime import datetime

#: A date and time as names write it (groups 1 and 2), or wrote it for a short while (groups 1 and 3).
TIMESTAMP = re.compile(r"(?:^|(?<=_))([0-9]{4}-[0-9]{2}-[0-9]{2})(?:_([0-9]{2}-[0-9]{2}-[0-9]{2})|T([0-9]{6}))(?=_|$)")
#: A date, and perhaps a time, written in another way; ``rest`` is what is glued to it.
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
#: A date that begins with day or month.
DAY_FIRST = re.compile(r"(?:^|(?<=[_ -]))[0-9]{1,2}([-_./])[0-9]{1,2}\1(?:19|20)[0-9]{2}(?=[_ T-]|$)")


def format_name_timestamp(moment: datetime) -> str:
    """A date and time as names write it: ``2022-12-12_05-06-07``."""
    # strftime does not pad years below 1000 on every platform.
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}_{moment:%H-%M-%S}"


def is_date(word: str) -> bool:
    """Whether a part of a name is a date, however written."""
    match = NONSTANDARD_TIMESTAMP.fullmatch(word)
    return match is not None and not match["rest"]


def nonstandard_parts(match: re.Match[str]) -> tuple[str, str | None, str | None, str | None]:
    """Date, hour, minute and second of a loose stamp, as names write them."""
    month, day, hour, minute, second = (
        value and value.zfill(2)
        for value in (match[unit] or match[f"{unit}6"] for unit in ("month", "day", "hour", "minute", "second"))
    )
    return f"{match['year']}-{month}-{day}", hour, minute, second


def standardized(match: re.Match[str]) -> str:
    """A loose stamp as names write it; unchanged when it is not complete or states a zone."""
    date, hour, minute, second = nonstandard_parts(match)
    if second is None or match["zone"]:
        return match.group()
    rest = "" if match["rest"].startswith(".") else re.sub("^-", "_", match["rest"])
    return f"{'_' if match['before'] else ''}{date}_{hour}-{minute}-{second}{rest}"


def standardize_transitional(stamp: re.Match[str]) -> str:
    """A match of `TIMESTAMP` in the form that lasts."""
    if stamp.group(2):
        return stamp.group()
    time = stamp.group(3)
    return f"{stamp.group(1)}_{time[:2]}-{time[2:4]}-{time[4:]}"


def parse_name_timestamp(day: str, time: str) -> datetime | None:
    """The moment of ``YYYY-MM-DD`` and ``HHMMSS``; None when the calendar or the clock has none."""
    year, month, date = map(int, day.split("-"))
    try:
        return datetime(year, month, date, int(time[:2]), int(time[2:4]), int(time[4:]))
    except ValueError:
        return None


def explain_impossible(day: str, time: str) -> str:
    """Why `parse_name_timestamp` gives None."""
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
