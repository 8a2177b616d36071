"""Times of an audit: milliseconds since 1970 in tables, ISO 8601 in results."""

from __future__ import annotations

from datetime import datetime, timezone

#: Milliseconds.
HOUR = 3_600_000


def iso(milliseconds: int | None) -> str | None:
    """A time as ISO 8601 in UTC."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, timezone.utc).isoformat()[:19] + "Z"


def iso_time(time: datetime) -> str:
    """A time as ISO 8601 in UTC, to the second."""
    return time.astimezone(timezone.utc).isoformat()[:19] + "Z"


def to_milliseconds(time: datetime) -> int:
    """A time as milliseconds since 1970."""
    return round(time.timestamp() * 1000)
