"""Is everything that is named also defined?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import (
    Reference,
    ReferencedValue,
    referenced_files,
    resolve_references,
    unreadable_files,
)
from aind_lint.engine.fault_limit import report_first
from aind_lint.engine.modality_evidence import ModalityEvidence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.characters import one_line
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.quantities import format_count
from aind_lint.text.suggestions import closest

#: Names that are compared with those that are defined.
_MAX_COMPARED = 100
#: Other places of a wrong name that a fix lists.
_MAX_PLACES = 5


class Options(verb.Options):
    """What is named, and where it must be defined.

    Attributes:
        described_as: What is named, for the message: "device".
        values: References to the names; empty names are ignored.
        defined_in: References to the definitions of what is named.
        elsewhere: By file of ``defined_in``, the references whose names can be defined only there. If the file is
            missing, these names are not checked; all others are.
        configured: Objects that configure what is named. If their type is none of ``elsewhere_types``, the name in
            ``device_name`` is not defined elsewhere.
        elsewhere_types: Types of objects, ``object_type``.
        ignore_below: Members of those sidecars below which names belong to something else.
        synonyms: Older words, with the words that replaced them; or "modalities" for those of the vocabulary.
        requires_any: References, at least one of which must have a value; otherwise the definitions are incomplete, as
            in sidecars of a version without these fields, and nothing is reported.
        if_files_missing: What to report when all sidecars of ``requires_any`` are absent.
    """

    described_as: str
    values: Annotated[list[Reference], NOT_EMPTY]
    defined_in: Annotated[list[Reference], NOT_EMPTY]
    elsewhere: dict[str, list[Reference]] = {}
    configured: list[Reference] = []
    elsewhere_types: list[str] = []
    ignore_below: list[str] = []
    synonyms: dict[str, str] | Literal["modalities"] = {}
    requires_any: Annotated[list[Reference], NOT_EMPTY]
    if_files_missing: Literal["not-checked", "pass"] = "not-checked"

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Where names are used and defined."""
        return (*self.values, *self.defined_in)


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every name that is not defined, once for each name and file."""
    named: dict[tuple[str | None, str], list[ReferencedValue]] = {}
    for entry in resolve_references(asset, options.values):
        if isinstance(entry.value, str) and entry.value:
            named.setdefault((entry.file, entry.value), []).append(entry)
    unreadable = unreadable_files(asset, options.references)
    for file in unreadable:
        yield Unchecked("the file could not be read", file)
    if not named or any(file in unreadable for file in referenced_files(*options.defined_in)):
        return
    files = referenced_files(*options.requires_any)
    if options.if_files_missing == "not-checked" and not any(file in asset.listing.files for file in files):
        yield Unchecked(f"{' and '.join(files)} {'are' if len(files) > 1 else 'is'} missing")
        return
    if not resolve_references(asset, options.requires_any):
        return
    synonyms = asset.vocabulary.former_modalities if options.synonyms == "modalities" else options.synonyms
    defined = _defined(asset, options, synonyms)
    missing = [entries for (_, name), entries in named.items() if synonyms.get(name, name) not in defined]
    if not missing:
        return
    undecided = _elsewhere(asset, options, missing, defined)
    if undecided:
        absent = [file for file in options.elsewhere if file not in asset.listing.files]
        names = ", ".join(f"'{one_line(entry.value)}'" for entry, *_ in undecided[:3])
        yield Unchecked(f"{' and '.join(absent)}, which may define {names}, is missing", undecided[0][0].file)
        places = {(entry.file, entry.value) for entry, *_ in undecided}
        missing = [entries for entries in missing if (entries[0].file, entries[0].value) not in places]
    searched = [file for file in referenced_files(*options.defined_in) if file in asset.listing.files]
    evidence = asset.once(ModalityEvidence) if options.synonyms == "modalities" else None
    yield from report_first(
        missing,
        lambda entries: _fault(entries, defined, options, searched, evidence),
        "more like this",
        missing[0][0].file if missing else None,
    )


def _elsewhere(
    asset: Asset, options: Options, missing: list[list[ReferencedValue]], defined: set[str]
) -> list[list[ReferencedValue]]:
    """The names that can be defined in a file that is missing, and are not misspelled names of the others."""
    references = [one for file, those in options.elsewhere.items() if file not in asset.listing.files for one in those]
    places = {(entry.file, entry.path) for entry in resolve_references(asset, references)}
    possible = [entries for entries in missing if any((entry.file, entry.path) in places for entry in entries)]
    if not possible:
        return []
    types: dict[str, set[str]] = {}
    for entry in resolve_references(asset, options.configured):
        if isinstance(entry.value, dict) and isinstance(name := entry.value.get("device_name"), str):
            types.setdefault(name, set()).add(str(entry.value.get("object_type")))
    return [
        entries
        for number, entries in enumerate(possible)
        if (name := entries[0].value) not in types or not types[name].isdisjoint(options.elsewhere_types)
        # To compare many names with many others takes minutes, and so many are not misspelled.
        if number >= _MAX_COMPARED or not closest(name, defined)
    ]


def _defined(asset: Asset, options: Options, synonyms: Mapping[str, str]) -> set[str]:
    excluded = set(options.ignore_below)
    return {
        synonyms.get(entry.value, entry.value)
        for entry in resolve_references(asset, options.defined_in)
        if isinstance(entry.value, str) and not excluded.intersection(entry.path[:-1])
    }


def _fault(
    entries: list[ReferencedValue],
    defined: set[str],
    options: Options,
    files: list[str],
    evidence: ModalityEvidence | None,
) -> Fault:
    entry, *others = entries
    suggestion = evidence.meant.get(entry.value) if evidence else closest(entry.value, defined)
    hint = f"; did you mean '{one_line(suggestion)}'?" if suggestion else ""
    times = f" ({len(entries)} times)" if others else ""
    named = f"{options.described_as} '{one_line(entry.value)}' in {entry.file}"
    message = f"{named}{times} is not in {' or '.join(files)}{hint}"
    item, fix = entry.value, f'Set {entry.pointer} in {entry.file} to "{suggestion}"' if suggestion else None
    if evidence:
        item, fix = evidence.item(entry.value), evidence.repair(entry.value)
    elif fix and others:
        fix += f"; also at {', '.join(str(other.pointer) for other in others[:_MAX_PLACES])}"
        fix += f", and {format_count(len(others) - _MAX_PLACES, 'other place')}" if others[_MAX_PLACES:] else ""
    return Fault(message, entry.file, entry.pointer, found=entry.value, expected=suggestion, fix=fix, item=item)
