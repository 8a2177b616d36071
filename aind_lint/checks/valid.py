"""Is the sidecar valid for the version it declares?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault, Unchecked
from aind_lint.engine.world import World
from aind_lint.schema.exact import Verdict, verdict
from aind_lint.schema.versions import Declaration, declaration
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
        declared = declaration(sidecar)
        if sidecar.data is not None and declared.release is not None:
            telling_errors = options.tell == "errors"
            found = _errors(declared, sidecar.data, world) if telling_errors else _leniences(declared, sidecar.data)
            for v in found[:_SHOWN]:
                yield Fault(v.message, sidecar.key, v.pointer, found=v.found, expected=v.expected)
            if len(found) > _SHOWN:
                yield Fault(f"{len(found) - _SHOWN:,} more violations are not listed", sidecar.key)
        elif options.tell == "errors":
            readable = sidecar.data is not None
            reason = "no schema is known for the version it declares" if readable else "it could not be read"
            yield Unchecked(reason, sidecar.key)


def _errors(declared: Declaration, data: dict[str, Any], world: World) -> list[Violation]:
    found = list(_verdict(declared, data).errors)
    if declared.generation == "2.x":
        # The models take a third of a second to import, so only files of their generation load them.
        from aind_lint.schema.models import violations

        found += _unsaid(violations(declared.cls, data, world.zone), found)
    return found


def _leniences(declared: Declaration, data: dict[str, Any]) -> list[Violation]:
    judged = _verdict(declared, data)
    # In a file that is rejected, what would be read does not matter yet.
    return [] if judged.errors else list(judged.leniences)


def _verdict(declared: Declaration, data: dict[str, Any]) -> Verdict:
    assert declared.version is not None
    return verdict(declared.cls, declared.version, data)


def _unsaid(more: list[Violation], said: list[Violation]) -> list[Violation]:
    """What the models add to the schema: faults that have no place in common with one of its own."""
    return [one for one in more if not any(_is_same_cause(one.pointer, other.pointer) for other in said)]


def _is_same_cause(pointer: str, said: str) -> bool:
    """Whether a fault of the models is at, below or right above a place that the schema complains about.

    Right above, because the models report a wrong ``object_type`` at the object that has it.
    """
    return f"{pointer}/".startswith(f"{said}/") or (pointer != "" and said.rpartition("/")[0] == pointer)
