"""Evidence: which places of an asset state which value, and whether it shows which of them is right.

Copies of one statement count once. Subject.json, procedures.json and data_description.json are fetched from the
metadata service for one subject; a session, an acquisition and the times of files are written by the rig. These two,
the name of the asset and the names of its source assets are independent, so each kind of place has one vote. A value
that at least two kinds of places state, and more than any other value, is established. Without an established value no
place is blamed, since a folder can have a wrong name as well as the sidecars of another recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import ReferencedValue, resolve_references
from aind_lint.text.timestamps import parse_iso

Vote = Literal["name", "fetched", "recorded", "source"]

#: Sidecars that are fetched from the metadata service for one subject. All others are written by the rig.
_FETCHED = frozenset({"subject.json", "procedures.json", "data_description.json"})

#: Where sidecars state the start of the acquisition, and the start of its first stream.
START_REFERENCES = (
    "acquisition.json#/acquisition_start_time",
    "session.json#/session_start_time",
    "acquisition.json#/session_start_time",
    "mri_session.json#/session_start_time",
)
_STREAM_REFERENCES = tuple(f"{file}#/data_streams/*/stream_start_time" for file in ("acquisition.json", "session.json"))

#: Offsets of time zones are multiples of a quarter of an hour, up to 14 hours.
_QUARTER, _LARGEST_OFFSET = timedelta(minutes=15), timedelta(hours=14)
#: A difference that times of one start can have.
SAME_TIME = timedelta(minutes=1)
#: A file is written within a day of the start, in an unknown time zone.
_RECORDING_TIME = timedelta(hours=38)
_FILE_TIME = re.compile(
    r"(?<![0-9])(20[0-9]{2})-([0-9]{2})-([0-9]{2})[T_]([0-9]{2})-?([0-9]{2})-?([0-9]{2})(?![0-9])", re.ASCII
)
#: Keys that are searched for the times of files: in the order of keys, these cover several folders.
_MAX_KEYS = 5000


@dataclass(frozen=True)
class Statement:
    """One place that states a value.

    Attributes:
        value: The value as text.
        vote: The kind of place.
        place: The place, as a message names it.
        file: The key of the sidecar; None for the asset's name and the names of files.
        pointer: The JSON pointer in the sidecar.
    """

    value: str
    vote: Vote
    place: str
    file: str | None = None
    pointer: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What the places of an asset state of one value.

    Attributes:
        statements: The statements, in the order of the rule's references.
        sidecars_count_once: Whether all sidecars may have been copied together from another recording, because their
            time is not that of the name either. Then they have one vote.
    """

    statements: tuple[Statement, ...]
    sidecars_count_once: bool = False

    @cached_property
    def by_value(self) -> dict[str, list[Statement]]:
        """The statements of each value, in order."""
        values: dict[str, list[Statement]] = {}
        for statement in self.statements:
            values.setdefault(statement.value, []).append(statement)
        return values

    @property
    def is_contradictory(self) -> bool:
        """Whether different values are stated."""
        return len(self.by_value) > 1

    @cached_property
    def established(self) -> str | None:
        """The value that at least two kinds of places state, and more than any other value; None if there is none."""
        votes = {value: len(self._votes(value)) for value in self.by_value}
        best = max(votes.values(), default=0)
        leading = [value for value, number in votes.items() if number == best]
        return leading[0] if best >= 2 and len(leading) == 1 else None

    @property
    def wrong(self) -> list[Statement]:
        """The statements that contradict the established value; none without one."""
        if self.established is None:
            return []
        return [statement for statement in self.statements if statement.value != self.established]

    def _votes(self, value: str) -> set[str]:
        votes: set[str] = {statement.vote for statement in self.by_value[value]}
        if self.sidecars_count_once and "fetched" in votes:
            votes = votes - {"fetched"} | {"recorded"}
        return votes

    def describe(self, described_as: str) -> str:
        """Which places state which value, as one sentence; in full for the first three values."""
        parts = [
            f"{value} in {join_words(list(dict.fromkeys(one.place for one in statements)))}"
            for value, statements in islice(self.by_value.items(), 3)
        ]
        more = f", and {len(self.by_value) - 3} other values elsewhere" if len(self.by_value) > 3 else ""
        return f"{described_as} is {parts[0]}, but {', and '.join(parts[1:])}{more}"


def collect(asset: Asset, entries: Iterable[ReferencedValue]) -> Evidence:
    """The evidence of values at several places. A source, such as an atlas, need not have the value."""
    statements = [_statement(entry) for entry in entries]
    stated = {statement.value for statement in statements if statement.vote != "source"}
    confirmed = tuple(statement for statement in statements if statement.value in stated)
    return Evidence(confirmed, sidecars_count_once=_is_other_recording(asset))


def start_evidence(asset: Asset, stated: ReferencedValue) -> Evidence:
    """The evidence of the start of the acquisition, when a sidecar states another one than the name.

    The value of a statement is ``name`` or ``sidecar``: the time that it confirms.
    """
    name_time, stated_time = asset.name.acquired, parse_iso(str(stated.value))
    statements = [replace(_statement(stated), value="sidecar")]
    if name_time is not None:
        statements.append(Statement("name", "name", "the asset name"))
    if name_time is None or not isinstance(stated_time, datetime):
        return Evidence(tuple(statements))
    times = {"name": name_time, "sidecar": stated_time}
    for entry in resolve_references(asset, ["source:acquired"]):
        statements += [
            replace(_statement(entry), value=which) for which, time in times.items() if same_start(entry.value, time)
        ]
    for place, written in (
        (f"the streams in {stated.file}", _stream_times(asset)),
        ("the names of files", list(_file_times(asset))),
    ):
        confirmed = [which for which, time in times.items() if written and _is_during(min(map(_naive, written)), time)]
        if len(confirmed) == 1:
            statements.append(Statement(confirmed[0], "recorded", place))
    return Evidence(tuple(statements))


def same_start(name_time: datetime, stated: datetime) -> bool:
    """Whether a time in a name is the stated time to the minute, in any time zone."""
    difference = abs(name_time - _naive(stated))
    odd = difference % _QUARTER
    return difference <= _LARGEST_OFFSET + SAME_TIME and min(odd, _QUARTER - odd) <= SAME_TIME


def join_words(words: list[str]) -> str:
    """Words as an enumeration: ``a, b and c``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def stated_start(asset: Asset) -> datetime | None:
    """The start of the acquisition in the first sidecar that states one."""
    for entry in resolve_references(asset, START_REFERENCES):
        time = parse_iso(entry.value) if isinstance(entry.value, str) else None
        if isinstance(time, datetime):
            return time
    return None


def _is_other_recording(asset: Asset) -> bool:
    """Whether the sidecars state another time than the name: they may belong to another recording."""
    start, name_time = stated_start(asset), asset.name.acquired
    return start is not None and name_time is not None and not same_start(name_time, start)


def _statement(entry: ReferencedValue) -> Statement:
    vote: Vote = "recorded"
    if entry.is_source:
        vote = "source"
    elif entry.file is None:
        vote = "name"
    elif entry.file in _FETCHED:
        vote = "fetched"
    return Statement(str(entry.value), vote, str(entry), entry.file, entry.pointer)


def _stream_times(asset: Asset) -> list[datetime]:
    stated = (entry.value for entry in resolve_references(asset, _STREAM_REFERENCES))
    return [time for value in stated if isinstance(value, str) and isinstance(time := parse_iso(value), datetime)]


def _file_times(asset: Asset) -> Iterator[datetime]:
    """The times in the names of data files and their folders."""
    for key in islice((key for key in asset.listing.files if "/" in key), _MAX_KEYS):
        for match in _FILE_TIME.finditer(key):
            try:
                yield datetime(*map(int, match.groups()))  # type: ignore[arg-type]
            except ValueError:
                continue


def _is_during(written: datetime, start: datetime) -> bool:
    return abs(written - _naive(start)) <= _RECORDING_TIME


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
