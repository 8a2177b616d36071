"""Is the sidecar valid for the version it declares?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.modality_evidence import ModalityEvidence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.schema.json_schema.sidecar_validator import ValidationResult, validate_sidecar
from aind_lint.schema.violation import Violation
from aind_lint.text.characters import MESSAGE_LENGTH, one_line
from aind_lint.text.quantities import format_count

SCOPE = "sidecar"

#: Other places that are listed for violations of the same kind.
_RELATED_LIMIT = 5
_MODALITY = re.compile(r"/(stream_)?modalit(y|ies)(/[0-9]+)?(/abbreviation)?$")
_HINT = re.compile(r"(; did you mean '[^']*'\?|: [^:]*)$")
_INDEX = re.compile(r"/[0-9]+(?=/|$)")


class Options(verb.Options):
    """What to report: values that the release rejects, or values that it converts although its schema rejects them."""

    report: Literal["errors", "lenient-values"] = "errors"


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every violation, and report files without a known schema as not checked."""
    for sidecar in asset.sidecars():
        if sidecar.is_record:
            continue
        verdict = validate_sidecar(sidecar)
        if verdict is not None:
            violations = verdict.errors if options.report == "errors" else _lenient_values(verdict)
            yield from (_with_modality(asset, fault) for fault in faults(sidecar.key, violations))
        elif options.report == "errors":
            readable = sidecar.data is not None
            reason = "the declared schema version is unknown" if readable else "the file could not be read"
            yield Unchecked(reason, sidecar.key)


def _with_modality(asset: Asset, fault: Fault) -> Fault:
    """The fault with the modality that a wrong abbreviation was meant to be, as the other files show it."""
    if fault.found is None or not _MODALITY.search(fault.pointer or ""):
        return fault
    word = fault.found.strip("'")
    meant = asset.vocabulary.modality_shorthand.get(word)
    evidence = None if asset.sidecar_only else asset.once(ModalityEvidence)
    if evidence is not None:
        meant = evidence.meant.get(word, meant)
    if meant is None:
        return fault
    message = f"{_HINT.sub('', fault.message)}; did you mean '{meant}'?"
    fix = evidence.correct_everywhere(word, meant) if evidence is not None else ""
    fix = fix or f'Set {fault.pointer} in {fault.file} to "{meant}"'
    return replace(fault, message=one_line(message), expected=meant, fix=fix, compares=(f"modality {meant}",))


def faults(key: str, violations: Iterable[Violation]) -> Iterator[Fault]:
    """The faults of one file; the same violation in several elements of a list is one fault: it has one cause."""
    groups: dict[tuple[str, str], list[Violation]] = {}
    for violation in violations:
        groups.setdefault((violation.message, _INDEX.sub("/*", violation.pointer)), []).append(violation)
    yield from report_limited((_fault(key, *group) for group in groups.values()), "more violations", key)


def _fault(key: str, first: Violation, *others: Violation) -> Fault:
    more = f"; {len(others):,} more like this" if others else ""
    related = tuple((key, other.pointer) for other in others[:_RELATED_LIMIT])
    message = one_line(first.message, MESSAGE_LENGTH - len(more)) + more
    if first.pointer:
        verb_phrase, _, rest = (first.fix or f"Correct {first.pointer}").partition(first.pointer)
        fix = f"{verb_phrase}{first.pointer} in {key}{rest}"
    else:  # of the file as a whole
        fix = f"{first.fix} in {key}" if first.fix else f"Correct {key}"
    fix = _with_other_places(one_line(fix), [other.pointer for other in others])
    return Fault(message, key, first.pointer, found=first.found, expected=first.expected, fix=fix, related=related)


def _with_other_places(fix: str, pointers: list[str]) -> str:
    """A fix with as many of the other places as a message can hold, each of them whole."""
    listed: list[str] = []
    for pointer in pointers[:_RELATED_LIMIT]:
        if len(fix) + len("; also at ") + len(", ".join([*listed, pointer])) > MESSAGE_LENGTH:
            break
        listed.append(pointer)
    places = ", ".join(listed)
    if more := len(pointers) - len(listed):
        places += f"{', and ' if listed else ''}{format_count(more, 'other place')}"
    return f"{fix}; also at {places}" if pointers else fix


def _lenient_values(verdict: ValidationResult) -> Iterable[Violation]:
    # In a file that is rejected, lenient values do not matter yet.
    return () if verdict.errors else verdict.tolerated
