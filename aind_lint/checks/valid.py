"""Is the sidecar valid for the version it declares?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault, Unchecked
from aind_lint.engine.world import World
from aind_lint.schema.exact import Verdict, verdict_of
from aind_lint.schema.violation import Violation

SCOPE = "sidecar"

#: Violations of one file that are told; the rest is counted.
_SHOWN = 20


class Options(verb.Options):
    """What to tell: what the release rejects, or what it reads although its schema says otherwise."""

    tell: Literal["errors", "leniences"] = "errors"


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every violation, and what no schema can judge."""
    for sidecar in asset.sidecars():
        if sidecar.is_record:
            continue
        judged = verdict_of(sidecar)
        if judged is not None:
            yield from faults(sidecar.key, judged.errors if options.tell == "errors" else _leniences(judged))
        elif options.tell == "errors":
            readable = sidecar.data is not None
            reason = "no schema is known for the version it declares" if readable else "it could not be read"
            yield Unchecked(reason, sidecar.key)


def faults(key: str, violations: Iterable[Violation]) -> Iterator[Fault]:
    """The faults of one file, and one that counts those of so many that nobody reads them all."""
    told = list(violations)
    for one in told[:_SHOWN]:
        yield Fault(one.message, key, one.pointer, found=one.found, expected=one.expected)
    if len(told) > _SHOWN:
        yield Fault(f"{len(told) - _SHOWN:,} more violations are not listed", key)


def _leniences(judged: Verdict) -> Iterable[Violation]:
    # In a file that is rejected, what would be read does not matter yet.
    return () if judged.errors else judged.leniences
