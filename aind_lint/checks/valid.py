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
            yield Unchecked("it could not be read", sidecar.key)
        else:
            yield from _judge(sidecar, world)


def _judge(sidecar: Sidecar, world: World) -> Iterator[Fault | Unchecked]:
    # The models take a third of a second to import, so only files of their generation load them.
    assert sidecar.data is not None
    declared = declaration(sidecar)
    if declared.problem:
        yield Unchecked("no schema is known for the version it declares", sidecar.key)
        return
    if declared.generation != "2.x":
        yield Unchecked(f"metadata {declared.generation}; this version of aind-lint validates 2.x only", sidecar.key)
        return
    from aind_lint.schema.models import MODEL_GENERATION, model_version, violations

    found = violations(declared.cls, sidecar.data, world.zone)
    for v in found[:_SHOWN]:
        yield Fault(v.message, sidecar.key, v.pointer, found=v.found, expected=v.expected)
    if len(found) > _SHOWN:
        yield Fault(f"{len(found) - _SHOWN:,} more violations are not listed", sidecar.key)
    installed = model_version(declared.cls)
    if not found and installed != declared.version:
        judged = f"accepted by the installed models of metadata {MODEL_GENERATION}, but declares an older version of it"
        yield Unchecked(judged, sidecar.key)
