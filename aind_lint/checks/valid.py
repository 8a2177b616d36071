"""Is the sidecar valid for the version it declares?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.sidecar import Sidecar
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault, Unchecked
from aind_lint.engine.world import World
from aind_lint.schema.versions import declaration

SCOPE = "sidecar"

#: Violations of one file that are told; the rest is counted.
_SHOWN = 20


class Options(verb.Options):
    """Nothing to choose."""


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every violation, and what no installed model can judge."""
    for sidecar in asset.sidecars():
        if sidecar.data is None:
            yield Unchecked(f"{sidecar.key} could not be read", sidecar.key)
        else:
            yield from _judge(sidecar, world)


def _judge(sidecar: Sidecar, world: World) -> Iterator[Fault | Unchecked]:
    # The models take a third of a second to import, so only files of their generation load them.
    assert sidecar.data is not None
    declared = declaration(sidecar)
    if declared.problem:
        yield Unchecked(f"{sidecar.key} declares no version that can be judged", sidecar.key)
        return
    if declared.generation != "2.x":
        yield Unchecked(
            f"{sidecar.key} follows {declared.cls} {declared.version}, which only metadata {declared.generation} can judge",
            sidecar.key,
        )
        return
    from aind_lint.schema.models import model_version, violations

    found = violations(declared.cls, sidecar.data, world.zone)
    for violation in found[:_SHOWN]:
        yield Fault(
            violation.message, sidecar.key, violation.pointer, found=violation.found, expected=violation.expected
        )
    if len(found) > _SHOWN:
        yield Fault(f"{len(found) - _SHOWN:,} more violations are not listed", sidecar.key)
    installed = model_version(declared.cls)
    if not found and installed != declared.version:
        because = (
            f"{sidecar.key} follows {declared.cls} {declared.version}; the installed models of {installed} accept it"
        )
        yield Unchecked(because, sidecar.key)
