"""Do several values agree?"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import (
    Reference,
    ReferencedValue,
    resolve_reference,
    resolve_references,
    split_reference,
    unreadable_files,
)
from aind_lint.engine.evidence import Evidence, Statement, collect, join_words, same_start, stated_start
from aind_lint.engine.repair import name_with, rename, repair_other_recording, sentence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.characters import one_line
from aind_lint.text.constraint import NOT_EMPTY


class Options(verb.Options):
    """Which values must agree.

    Attributes:
        described_as: What the values are, for the message: "the subject id".
        reference: The first value.
        compared: The values compared with it; absent and empty ones are ignored.
        relation: Whether the others must equal the reference, or contain it. Among equal values, evidence decides which
            one is wrong.
        report_unchecked: Whether to report "not checked" when there is nothing to compare.
        replaced_by: Files that are replaced, not corrected, if the value shows that they belong to something else; with
            what they are replaced by, such as ``that of subject {value}``.
        confirmed_by: Other values of a file. If they contain the right value, only the compared field is wrong.
        only_in_name: Words that only the name can contain: the prefixes that a configuration adds, since the schema
            has no platform for them. If the reference is one, nothing is compared.
    """

    described_as: str
    reference: Reference
    compared: Annotated[list[Reference], NOT_EMPTY]
    relation: Literal["equal", "contain"] = "equal"
    report_unchecked: bool = False
    replaced_by: dict[str, str] = {}
    confirmed_by: dict[str, list[Reference]] = {}
    only_in_name: Literal["added-prefixes"] | None = None


def compares(options: Options, files: Collection[str]) -> bool:
    """Whether all values are in some sidecars, which are outside any asset."""
    references = (options.reference, *options.compared)
    return all(split_reference(reference)[0] in files for reference in references)


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every wrong value; one fault for all, if nothing shows which of them is wrong."""
    for file in unreadable_files(asset, (options.reference, *options.compared)):
        yield Unchecked("the file could not be read", file)
    reference = next(iter(resolve_reference(asset, options.reference)), None)
    if options.only_in_name and reference is not None and reference.value in asset.vocabulary.added_prefixes:
        return
    compared = [
        entry
        for entry in resolve_references(asset, options.compared)
        # Schema rules report values of other types.
        if entry.value != "" and isinstance(entry.value, (str, int, float))
    ]
    if (reference is not None) + sum(not entry.is_source for entry in compared) < 2:
        if options.report_unchecked:
            yield Unchecked(f"no sidecar states {options.described_as}")
    elif options.relation == "equal":
        yield from _unequal(asset, options, [*([reference] if reference else []), *compared], context.zone)
    elif reference is not None:
        for entry in compared:
            if str(reference.value) not in str(entry.value):
                yield _without_reference(options, reference, entry)


def _without_reference(options: Options, reference: ReferencedValue, other: ReferencedValue) -> Fault:
    message = f"{options.described_as} in {other.file} does not contain {reference.value} from {reference}"
    related = () if reference.file is None else ((reference.file, reference.pointer),)
    fix = f'Set {other.pointer} in {other.file} to "{reference.value}" or "{reference.value}_<suffix>"'
    return Fault(message, other.file, other.pointer, found=str(other.value), fix=fix, related=related)


def _unequal(asset: Asset, options: Options, entries: list[ReferencedValue], zone: str) -> Iterator[Fault]:
    if len({str(entry.value) for entry in entries}) == 1:
        return
    evidence = collect(asset, entries)
    if not evidence.is_contradictory:
        return
    message = one_line(evidence.describe(options.described_as))
    if evidence.wrong and evidence.established is not None:
        fix = sentence(_repairs(asset, options, evidence.wrong, evidence.established))
    else:
        fix = _alternatives(asset, options, evidence, zone)
    is_other_recording = fix == repair_other_recording(asset, zone)
    for statement in evidence.wrong or evidence.statements[1:]:
        if evidence.wrong or statement.value != evidence.statements[0].value:
            yield Fault(
                message,
                statement.file,
                statement.pointer,
                found=statement.value,
                expected=evidence.established,
                fix=fix,
                related=_other_places(evidence, statement),
                # In the sidecars of another recording, the subject and the start have one cause.
                compares=("subject", "start") if is_other_recording else None,
            )
            if not evidence.wrong:
                return


def _other_places(evidence: Evidence, statement: Statement) -> tuple[tuple[str, str | None], ...]:
    others = (one for one in evidence.statements if one.value != statement.value)
    return tuple((one.file, one.pointer) for one in others if one.file is not None)


def _alternatives(asset: Asset, options: Options, evidence: Evidence, zone: str) -> str:
    """The repairs for each value, in case it is the right one."""
    if options.reference == "name:subject_id" and (other := repair_other_recording(asset, zone)):
        return other
    parts = []
    for value in list(evidence.by_value)[:3]:
        others = [statement for statement in evidence.statements if statement.value != value]
        parts.append(f"If {options.described_as} is {value}, {_repairs(asset, options, others, value)}")
    return ". ".join(parts)


def _repairs(asset: Asset, options: Options, wrong: list[Statement], value: str) -> str:
    """What to do if ``value`` is right: one repair for all files that are replaced by the same, and for each field."""
    repairs: dict[str, list[str]] = {}
    for statement in wrong:
        if statement.file is None:
            name = _renamed(asset, options, value)
            repairs[rename(asset, name) if name else f"rename the folder with {value}"] = []
        elif statement.vote == "source":
            repairs[f"name the right source asset in {statement.file}"] = []
        elif _belongs_elsewhere(asset, options, statement, value):
            what = options.replaced_by[statement.file].format(value=value)
            repairs.setdefault(what, []).append(statement.file)
        else:
            repairs[_set(asset, statement, value)] = []
    return ", and ".join(
        f"replace {join_words(files)} with {what.replace('that of', 'those of', len(files) > 1)}" if files else what
        for what, files in repairs.items()
    )


def _set(asset: Asset, statement: Statement, value: str) -> str:
    """Set a field; of a platform also its name, which the schema binds to the abbreviation."""
    pointer = str(statement.pointer)
    name = asset.vocabulary.platform_names.get(value)
    if name is not None and pointer == "/platform/abbreviation":
        platform = json.dumps({"name": name, "abbreviation": value})
        return f"set /platform in {statement.file} to {platform}"
    return f'set {pointer} in {statement.file} to "{value}"'


def _belongs_elsewhere(asset: Asset, options: Options, statement: Statement, value: str) -> bool:
    """Whether the whole file belongs to something else, as far as its other values show."""
    assert statement.file is not None
    if statement.file not in options.replaced_by:
        return False
    others = [str(entry.value) for entry in resolve_references(asset, options.confirmed_by.get(statement.file, []))]
    if statement.vote == "recorded" and options.reference.startswith("name:"):
        start, name_time = stated_start(asset), asset.name.acquired
        return start is None or name_time is None or not same_start(name_time, start)
    return not others or not all(value in other for other in others)


def _renamed(asset: Asset, options: Options, value: str) -> str | None:
    part = options.reference.partition(":")[2]
    if part == "subject_id":
        return name_with(asset, subject_id=value)
    return name_with(asset, prefix=value) if part == "prefix" else None
