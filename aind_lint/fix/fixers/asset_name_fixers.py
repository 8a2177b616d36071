"""Fixers of badly written dates and times in the name of an asset, together with the name in data_description.json."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.value_reference import resolve_references
from aind_lint.engine.evidence import same_start, stated_start
from aind_lint.engine.repair import DATA_DESCRIPTION, SUBJECT_REFERENCES, stated_name, suggested_name
from aind_lint.fix.fixer import EditText, Fix, FixRequest, RenameAsset
from aind_lint.fix.fixers.path_values import rewrite_asset_name
from aind_lint.fix.text_edits import replace_string
from aind_lint.text.characters import to_ascii
from aind_lint.text.json_scanner import json_values

_CHARACTER = "forbidden-character"
_NOTATION = ("malformed-date-time", "transitional-date-time", "non-ascii", _CHARACTER)


def fix_name(request: FixRequest) -> Iterator[Fix]:
    """Rename the folder, if only the notation of dates and times is wrong and no sidecar states another recording."""
    asset = request.asset
    name = _in_standard_notation(asset, asset.listing.name)
    if name is None or suggested_name(asset, name) != name or not _is_confirmed(asset, name):
        return
    yield Fix((RenameAsset(name), *rewrite_asset_name(asset, name), *_set_stated_name(asset, name)), None)


def fix_stated_name(request: FixRequest) -> Iterator[Fix]:
    """Correct the name in data_description.json, if it is the name of the folder in another notation."""
    name, stated = request.asset.listing.name, stated_name(request.asset)
    if request.asset.name.problems or stated is None or _in_standard_notation(request.asset, stated) != name:
        return
    if changes := tuple(_set_stated_name(request.asset, name)):
        yield Fix(changes, DATA_DESCRIPTION)


def _is_confirmed(asset: Asset, name: str) -> bool:
    """Whether everything that the sidecars state of subject, time, sources and name agrees with a new name."""
    new = _parse(asset, name)
    subjects = {str(entry.value) for entry in resolve_references(asset, SUBJECT_REFERENCES)}
    start, stated = stated_start(asset), stated_name(asset)
    if new.subject_id is not None and subjects - {new.subject_id}:
        return False
    if start is not None and new.acquired is not None and not same_start(new.acquired, start):
        return False
    if new.source is not None and asset.sources and new.source not in asset.sources:
        return False
    return stated in (None, asset.listing.name, name) or _in_standard_notation(asset, str(stated)) == name


def _in_standard_notation(asset: Asset, text: str) -> str | None:
    """A name with its dates and times in standard notation; None if anything else in it is wrong."""
    problems = _parse(asset, text).problems
    suggestions = {problem.suggestion for problem in problems}
    if len(suggestions) != 1 or any(problem.code not in _NOTATION for problem in problems):
        return None
    name = suggestions.pop()
    if any(problem.code == _CHARACTER for problem in problems) and (name is None or _digits(text) != _digits(name)):
        return None
    return name if name is not None and not _parse(asset, name).problems and _letters(text) == _letters(name) else None


def _letters(name: str) -> str:
    """The letters of a name, other than the T between a date and a time."""
    return re.sub(r"(?<=[0-9])[Tt](?=[0-9])|[^A-Za-z]", "", to_ascii(name))


def _digits(name: str) -> str:
    """A name without what stands at its ends and between its digits, so that only dates and times lose characters."""
    return re.sub(r"(?<=[0-9])[-_ :.]+(?=[0-9])", "", name.strip(" :."))


def _parse(asset: Asset, name: str) -> AssetName:
    return parse_name(name, asset.stated_level, asset.vocabulary, asset.is_aggregate)


def _set_stated_name(asset: Asset, name: str) -> Iterator[EditText]:
    """The edit of the name in data_description.json, if there is one to correct."""
    if stated_name(asset) in (None, name):
        return
    sidecar = asset.sidecar(DATA_DESCRIPTION)
    assert sidecar is not None
    values = [value for value in json_values(sidecar.text) if value.path == ("name",)]
    if len(values) == 1:  # a repeated key is another fault
        yield EditText(DATA_DESCRIPTION, (replace_string(sidecar.text, values[0], name),))
