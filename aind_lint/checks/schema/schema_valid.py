"""Is the sidecar valid for the version it declares?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.schema.archive_validator import Verdict, verdict_of
from aind_lint.schema.violation import Violation
from aind_lint.text.characters import MESSAGE_LENGTH, one_line

SCOPE = "sidecar"

#: Of those that are alike, so many other places are named.
_ALSO = 5
_INDEX = re.compile(r"/[0-9]+(?=/|$)")
#: Violations of one file that are told; the rest is counted.
_SHOWN = 20


class Options(verb.Options):
    """What to tell: what the release rejects, or what it reads although its schema says otherwise."""

    report: Literal["errors", "lenient-values"] = "errors"


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every violation, and what no schema can judge."""
    for sidecar in asset.sidecars():
        if sidecar.is_record:
            continue
        judged = verdict_of(sidecar)
        if judged is not None:
            yield from faults(sidecar.key, judged.errors if options.report == "errors" else _leniences(judged))
        elif options.report == "errors":
            readable = sidecar.data is not None
            reason = "no schema is known for the version it declares" if readable else "it could not be read"
            yield Unchecked(reason, sidecar.key)


def faults(key: str, violations: Iterable[Violation]) -> Iterator[Fault]:
    """The faults of one file, and one that counts those of so many that nobody reads them all.

    What is wrong in the same way in several elements of a list is one fault: whoever wrote the file made it once.
    """
    alike: dict[tuple[str, str], list[Violation]] = {}
    for one in violations:
        alike.setdefault((one.message, _INDEX.sub("/*", one.pointer)), []).append(one)
    told = list(alike.values())
    for first, *others in told[:_SHOWN]:
        more = f"; the same in {len(others):,} more {'place' if len(others) == 1 else 'places'}" if others else ""
        related = tuple((key, other.pointer) for other in others[:_ALSO])
        message = one_line(first.message, MESSAGE_LENGTH - len(more)) + more
        yield Fault(message, key, first.pointer, found=first.found, expected=first.expected, related=related)
    if len(told) > _SHOWN:
        yield Fault(f"{len(told) - _SHOWN:,} more violations are not listed", key)


def _leniences(judged: Verdict) -> Iterable[Violation]:
    # In a file that is rejected, what would be read does not matter yet.
    return () if judged.errors else judged.leniences
