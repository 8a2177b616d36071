"""Are all sidecars of one generation?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.schema.generation import Generation
from aind_lint.schema.versions import declaration

#: 3.x only renamed the package: its sidecars are those of 2.x.
_EQUIVALENT: dict[Generation, Generation] = {"3.x": "2.x"}


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every sidecar of another generation than the asset's, which is data_description.json's."""
    expected = asset.generation
    for sidecar in asset.sidecars():
        if expected is None or sidecar.data is None:
            continue
        generation = declaration(sidecar).generation
        if generation is not None and _EQUIVALENT.get(generation, generation) != _EQUIVALENT.get(expected, expected):
            version = sidecar.data["schema_version"]
            message = f"{sidecar.key} is metadata {generation}, but the asset is metadata {expected}"
            yield Fault(message, sidecar.key, "/schema_version", found=version)
