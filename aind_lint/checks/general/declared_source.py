"""Does data_description.json name the source asset?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.value_reference import SOURCE_REFERENCES, ReferencedValue, resolve_references
from aind_lint.engine.evidence import same_start, stated_start
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.repair import SUBJECT_REFERENCES, derived_name, rename, sentence, set_source
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.characters import one_line

_FILE = "data_description.json"


class Options(verb.Options):
    """What to report: the source in the asset's name is missing; a source is the asset itself, or not an asset name."""

    problem: Literal["missing", "itself", "not-an-asset-name"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every source with the problem."""
    sidecar = asset.sidecar(_FILE)
    if sidecar is None or sidecar.data is None:
        yield Unchecked(f"{_FILE} could not be read")
        return
    yield from report_limited(_faults(asset, options.problem), "more sources like this", _FILE)


def _faults(asset: Asset, problem: str) -> Iterator[Fault | Unchecked]:
    declared = [
        entry for entry in resolve_references(asset, SOURCE_REFERENCES) if isinstance(entry.value, str) and entry.value
    ]
    if problem == "missing":
        yield from _missing(asset, declared)
    elif problem == "itself":
        for entry in declared:
            if entry.value == asset.listing.name:
                source = asset.name.source
                fix = f'Set {entry.pointer} in {_FILE} to "{source}"' if source else None
                if asset.name.form == "raw":  # the name of the source: SEP101 reports that, too
                    meant = derived_name(asset)
                    fix = sentence(rename(asset, meant)) if meant else None
                    fix = fix or f"Rename the folder to {asset.name.text}_<label>_<date>_<time>"
                fix = fix or f"Set {entry.pointer} in {_FILE} to the asset that this one was made from"
                message = f"{_FILE} names the asset itself as its source"
                yield Fault(message, _FILE, entry.pointer, found=entry.value, expected=source, fix=fix)
    else:
        for entry in declared:
            if not parse_name(entry.value, vocabulary=asset.vocabulary).form:
                yield _not_an_asset_name(entry)


def _missing(asset: Asset, declared: list[ReferencedValue]) -> Iterator[Fault | Unchecked]:
    source = asset.name.source
    if source is None:
        yield Unchecked("the asset name contains no source asset")
    elif not declared:
        expected = "/source_data" if asset.generation in ("2.x", "3.x") else "/input_data_name"
        message = f"{_FILE} names no source asset"
        yield Fault(message, _FILE, expected, expected=source, fix=sentence(set_source(asset, source)))
    # The name of a derived asset contains the raw asset's, even if other derived assets came in between.
    elif not any(
        source in (entry.value, parse_name(entry.value, vocabulary=asset.vocabulary).source) for entry in declared
    ):
        if parse_name(source, vocabulary=asset.vocabulary).problems:
            yield Unchecked("the source in the asset name is invalid")
            return
        named = ", ".join(entry.value for entry in declared[:3])
        message = f"{_FILE} names {one_line(named)} as the source, but the source in the asset name is {source}"
        pointer = declared[0].pointer if len(declared) == 1 else "/source_data"
        fix = _repair(asset, source, declared[0]) if len(declared) == 1 else None
        values = _differing_values(asset, source, declared[0].value)
        yield Fault(message, _FILE, pointer, found=named, expected=source, fix=fix, compares=values)
    else:
        # Other sources are allowed, such as an atlas or an earlier step, but no data of another animal.
        for entry in declared:
            subject = parse_name(entry.value, vocabulary=asset.vocabulary).subject_id
            # Animals have numbers; an atlas has none.
            if subject is not None and subject.isdigit() and subject != asset.name.subject_id:
                message = f"the source {entry.value} in {_FILE} is an asset of another subject, {subject}"
                fix = f"Remove {entry.pointer} from {_FILE}, or correct the name of this source"
                yield Fault(message, _FILE, entry.pointer, found=entry.value, fix=fix)


def _repair(asset: Asset, source: str, declared: ReferencedValue) -> str:
    """Set the field or rename the folder, as subject and start in the other sidecars show."""
    setting = f'set {declared.pointer} in {_FILE} to "{source}"'
    meant = derived_name(asset)
    if meant is None:
        return sentence(setting)
    renaming = rename(asset, meant)
    named, stated = _confirmed(asset, source), _confirmed(asset, declared.value)
    if named != stated:
        return sentence(setting if named > stated else renaming)
    return f"If the folder name is right, {setting}. If {_FILE} is right, {renaming}"


def _confirmed(asset: Asset, source: str) -> int:
    """How many of the subject and the start of a source the sidecars state."""
    parsed, start = parse_name(source, vocabulary=asset.vocabulary), stated_start(asset)
    subjects = {str(entry.value) for entry in resolve_references(asset, SUBJECT_REFERENCES)}
    is_start = start is not None and parsed.acquired is not None and same_start(parsed.acquired, start)
    return (subjects == {parsed.subject_id}) + is_start


def _differing_values(asset: Asset, source: str, stated: str) -> tuple[str, ...]:
    """The values in which the source in the name differs from the stated one, for findings with the same cause."""
    ours, theirs = (parse_name(name, vocabulary=asset.vocabulary) for name in (source, stated))
    parts = {"subject": "subject_id", "start": "acquired", "platform": "prefix"}
    return tuple(value for value, part in parts.items() if getattr(ours, part) != getattr(theirs, part))


def _not_an_asset_name(entry: ReferencedValue) -> Fault:
    last = entry.value.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    fix = f'Set {entry.pointer} in {_FILE} to "{last}"' if parse_name(last).form else None
    message = f"the source '{one_line(entry.value)}' is not an asset name"
    return Fault(message, _FILE, entry.pointer, found=entry.value, fix=fix)
