"""Is the sidecar valid for the version it declares?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.schema.archive_validator import ValidationResult, validate_sidecar
from aind_lint.schema.violation import Violation
from aind_lint.text.characters import MESSAGE_LENGTH, one_line

SCOPE = "sidecar"

#: Other places that are listed for violations of the same kind.
_RELATED_LIMIT = 5
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
            yield from faults(sidecar.key, verdict.errors if options.report == "errors" else _lenient_values(verdict))
        elif options.report == "errors":
            readable = sidecar.data is not None
            reason = "the declared schema version is unknown" if readable else "the file could not be read"
            yield Unchecked(reason, sidecar.key)


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
    return Fault(message, key, first.pointer, found=first.found, expected=first.expected, related=related)


def _lenient_values(verdict: ValidationResult) -> Iterable[Violation]:
    # In a file that is rejected, lenient values do not matter yet.
    return () if verdict.errors else verdict.tolerated
