"""Moments of sidecars and names, and their order."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.text.timestamps import parse_iso, to_timestamp

ZONE = "America/Los_Angeles"
PST = timezone(timedelta(hours=-8))


def is_after(one, other, tolerance=0):
    return to_timestamp(one).is_after(to_timestamp(other), ZONE, timedelta(seconds=tolerance))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-12-12", date(2022, 12, 12)),
        ("2022-12-12T05:06", datetime(2022, 12, 12, 5, 6)),
        ("2022-12-12T05:06:07", datetime(2022, 12, 12, 5, 6, 7)),
        ("2022-12-12 05:06:07-08:00", datetime(2022, 12, 12, 5, 6, 7, tzinfo=PST)),
        ("2022-12-12T05:06:07-0800", datetime(2022, 12, 12, 5, 6, 7, tzinfo=PST)),
        ("2022-12-12T05:06:07.5Z", datetime(2022, 12, 12, 5, 6, 7, 500000, tzinfo=timezone.utc)),
        ("2022-12-12T05:06:07.123456789+00:00", datetime(2022, 12, 12, 5, 6, 7, 123456, tzinfo=timezone.utc)),
        ("15:17:04", None),
        ("2022-13-12", None),
        ("2022-12-12T25:00:00", None),
        ("2022-12-12T05:06:07+99:00", None),
        ("٢٠٢٢-12-12", None),
        ("", None),
    ],
)
def test_reading(text, moment):
    assert parse_iso(text) == moment


@given(st.datetimes(timezones=st.none() | st.just(PST) | st.just(timezone.utc)))
def test_what_python_writes_is_read(moment):
    assert parse_iso(moment.isoformat()) == moment


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    to_timestamp(text)


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        ("2022-12-12T05:06:08", "2022-12-12T05:06:07", True),
        ("2022-12-12T05:06:07", "2022-12-12T05:06:07", False),
        ("2022-12-12T05:06:08-08:00", "2022-12-12T13:06:07Z", True),
        ("2022-12-12T05:06:07-08:00", "2022-12-12T13:06:08Z", False),
        # Without a zone it may be the rig's or UTC.
        ("2022-12-12T12:00:00", "2022-12-12T13:00:00Z", False),
        ("2022-12-12T14:00:00", "2022-12-12T13:00:00Z", True),
        ("2022-12-12T06:00:00", "2022-12-12T13:00:00Z", False),
        ("2022-12-12T22:04:00", "2022-12-12T22:05:00+09:00", False),
        ("2022-12-12T22:06:00", "2022-12-12T22:05:00+09:00", True),
        # A date is its whole day.
        ("2022-12-12", "2022-12-12T05:06:07", False),
        ("2022-12-13", "2022-12-12T05:06:07", True),
        ("2022-12-12T23:00:00", "2022-12-12", False),
        ("2022-12-13", "2022-12-12", True),
        ("2022-12-13", "2022-12-13T05:00:00Z", False),
    ],
)
def test_order(one, other, after):
    assert is_after(one, other) is after


def test_a_tolerance_is_the_largest_that_passes():
    assert not is_after("2022-12-12T05:06:08Z", "2022-12-12T05:06:07Z", 1)
    assert is_after("2022-12-12T05:06:09Z", "2022-12-12T05:06:07Z", 1)


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_the_limits_of_the_calendar(edge):
    assert is_after(edge, "2022-12-12T00:00:00Z") is edge.startswith("9")


@given(st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.none() | st.just(PST)), st.datetimes())
def test_nothing_is_after_itself_and_no_two_are_after_one_another(one, other):
    assert not to_timestamp(one).is_after(to_timestamp(one), ZONE)
    assert not (
        to_timestamp(one).is_after(to_timestamp(other), ZONE) and to_timestamp(other).is_after(to_timestamp(one), ZONE)
    )
