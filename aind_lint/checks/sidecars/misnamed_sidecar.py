"""Is a file at the root probably a sidecar under a wrong name?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.sidecar.misnamed import intended_sidecar


class Options(verb.Options):
    """Whether to find files beside which the right name is present too (copies), or those that miss it."""

    correct_name_exists: bool


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such file."""
    for name in asset.listing.root_files:
        meant = intended_sidecar(name)
        if meant is None or (meant in asset.listing.files) is not options.correct_name_exists:
            continue
        if options.correct_name_exists:
            yield Fault(f"{name} looks like a copy of {meant}", name, found=name)
        else:
            yield Fault(
                f"{name} is probably meant to be {meant}", name, found=name, expected=meant, fix=f"Rename it to {meant}"
            )
