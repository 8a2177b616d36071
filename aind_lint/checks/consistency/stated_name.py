"""Is the name in data_description.json the name of the folder?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.value_reference import resolve_references
from aind_lint.engine.evidence import SAME_TIME, START_REFERENCES, collect, same_start, start_evidence, stated_start
from aind_lint.engine.repair import (
    DATA_DESCRIPTION,
    SUBJECT_REFERENCES,
    derived_name,
    rename,
    repair_other_recording,
    repair_start,
    sentence,
    stated_name,
    suggested_name,
)
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

#: The values that a name consists of, by the part of the name.
_VALUES = {"subject_id": "subject", "acquired": "start", "prefix": "platform"}


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault if the two differ; which one is wrong is decided by what the other files state."""
    sidecar = asset.sidecar(DATA_DESCRIPTION)
    if sidecar is not None and sidecar.data is None:
        yield Unchecked("the file could not be read", DATA_DESCRIPTION)
        return
    stated = stated_name(asset)
    if stated is None:
        yield Unchecked("no sidecar states the name")
        return
    if stated == asset.name.text:
        return
    other = parse_name(stated, asset.stated_level, asset.vocabulary)
    differing = [
        part
        for part in _VALUES
        if (ours := getattr(asset.name, part)) is not None
        and (theirs := getattr(other, part)) is not None
        and ours != theirs
    ]
    fix, expected = _repair(asset, other, differing, context.zone)
    values = [_VALUES[part] for part in differing]
    yield Fault(
        f"the name in {DATA_DESCRIPTION} is not the folder name",
        DATA_DESCRIPTION,
        "/name",
        found=stated,
        expected=expected,
        fix=fix,
        compares=("name", *values),
    )


def _repair(asset: Asset, stated: AssetName, differing: list[str], zone: str) -> tuple[str, str | None]:
    """The fix, and the correct name if only the field is wrong."""
    name = asset.name.text
    if asset.stated_level == "derived" and asset.name.form == "raw" and (meant := derived_name(asset)) is not None:
        return sentence(rename(asset, meant)), None
    if asset.name.problems:
        meant = next((problem.suggestion for problem in asset.name.problems if problem.suggestion), None)
        suggestion = suggested_name(asset, meant, zone) or (None if stated.problems else stated.text)
        if suggestion:
            return sentence(rename(asset, suggestion)), None
    elif stated.problems or stated.form is None:
        return f'Set /name in {DATA_DESCRIPTION} to "{name}"', name
    right = {_right_side(asset, stated, part) for part in differing}
    if right == {"name"}:
        return f'Set /name in {DATA_DESCRIPTION} to "{name}"', name
    if right == {"sidecar"}:
        return sentence(rename(asset, stated.text)), None
    if other := repair_other_recording(asset, zone):
        return other, None
    start = next(iter(resolve_references(asset, START_REFERENCES)), None)
    if "acquired" in differing and start is not None:
        assert asset.name.acquired is not None and stated.acquired is not None
        return repair_start(asset, start, stated.text, asset.name.acquired - stated.acquired, zone), None
    return (
        f'If the folder name is right, set /name in {DATA_DESCRIPTION} to "{name}". '
        f"If {DATA_DESCRIPTION} is right, rename the folder to {stated.text}"
    ), None


def _right_side(asset: Asset, stated: AssetName, part: str) -> str | None:
    """Whether the other files confirm this part of the ``name`` or of the ``sidecar``; None if they do neither."""
    ours, theirs = getattr(asset.name, part), getattr(stated, part)
    if part == "subject_id":
        references = ("name:subject_id", *SUBJECT_REFERENCES, "source:subject_id")
        established = collect(asset, resolve_references(asset, references)).established
        return {ours: "name", theirs: "sidecar"}.get(established)
    if part == "prefix":  # an older prefix is no platform
        sides = [side for side, prefix in (("name", ours), ("sidecar", theirs)) if prefix in asset.vocabulary.platforms]
        return sides[0] if len(sides) == 1 else None
    assert isinstance(ours, datetime) and isinstance(theirs, datetime)
    return _right_time(asset, ours, theirs)


def _right_time(asset: Asset, ours: datetime, theirs: datetime) -> str | None:
    """Which of two times the rig's own record confirms. The field only repeats the record, so it adds no vote."""
    start = stated_start(asset)
    if start is None:
        return None
    confirmed = [side for side, time in (("name", ours), ("sidecar", theirs)) if same_start(time, start)]
    if len(confirmed) == 2:  # one of them in a zone that only arithmetic knows
        wall = start.replace(tzinfo=None)
        confirmed = [side for side, time in (("name", ours), ("sidecar", theirs)) if abs(time - wall) <= SAME_TIME]
    if confirmed != ["sidecar"]:
        return "name" if confirmed == ["name"] else None
    entry = resolve_references(asset, START_REFERENCES)[0]
    return start_evidence(asset, entry).established
