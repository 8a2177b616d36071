"""Is there a file at the root that is probably a sidecar with a wrong name?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.sidecar.misnamed import intended_sidecar


class Options(verb.Options):
    """Which files to report: those beside a sidecar with the correct name (copies), or those without one."""

    correct_name_exists: bool


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such file."""
    for name in asset.listing.root_files:
        intended = intended_sidecar(name)
        if intended is None or (intended in asset.listing.files) is not options.correct_name_exists:
            continue
        if options.correct_name_exists:
            yield Fault(f"{name} looks like a copy of {intended}", name, found=name)
        else:
            yield Fault(
                f"{name} is probably meant to be {intended}",
                name,
                found=name,
                expected=intended,
                fix=f"Rename {name} to {intended}",
            )
