"""Is there a file at the root that is probably a sidecar with a wrong name?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.evidence import join_words
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.sidecar.misnamed import intended_sidecar

#: Files that a fix lists.
_MAX_NAMES = 6


class Options(verb.Options):
    """Which files to report: those beside a sidecar with the correct name (copies), or those without one."""

    correct_name_exists: bool


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such file."""
    found: dict[str, list[str]] = {}
    for name in asset.listing.root_files:
        if intended := intended_sidecar(name):
            found.setdefault(intended, []).append(name)
    for intended, names in found.items():
        if (intended in asset.listing.files) is options.correct_name_exists:
            yield from _faults(intended, names, options)


def _faults(intended: str, names: list[str], options: Options) -> Iterator[Fault]:
    for name in names:
        if options.correct_name_exists:
            yield Fault(f"{name} looks like a copy of {intended}", name, found=name)
        else:
            yield Fault(
                f"{name} is probably meant to be {intended}",
                name,
                found=name,
                expected=intended,
                fix=f"Rename {name} to {intended}" if not names[1:] else _choose(intended, names),
            )


def _choose(intended: str, names: list[str]) -> str:
    """The repair where only one of several files can be the sidecar."""
    listed = join_words(names[:_MAX_NAMES])
    return f"Rename the right one of {listed} to {intended}, and move the others out of the asset"
