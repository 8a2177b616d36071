"""Is something in the asset that does not belong there?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.checks.sidecars.present import Case, matches_case
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault


class Options(verb.Options):
    """What must not be there.

    Attributes:
        names: Files and folders; ``*`` stands for anything.
        anywhere: They are looked for in every folder and in any case of letters, not only at the root.
        any_case: The names are meant in every mixture of capital and small letters.
        case: To which assets that applies.
        unless: Sidecars whose presence makes it right.
        because: Ends the message "<name> …".
    """

    names: list[str] = Field(min_length=1)
    anywhere: bool = False
    any_case: bool = False
    case: Case = Case()
    unless: list[str] = []
    because: str


def check(asset: Asset, options: Options, world: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every name that is there."""
    if not matches_case(options.case, asset) or any(file in asset.listing.files for file in options.unless):
        return
    if options.anywhere:
        found = asset.listing.keys.named_like(options.names)
        yield from report_limited(found, lambda key: options.because)
        return
    folders = [key for key in asset.listing.folders if "/" not in key]
    for name in chain(asset.listing.root_files, sorted(folders)):
        compared = name.casefold() if options.any_case else name
        if any(_fits(compared, pattern) for pattern in options.names):
            yield Fault(f"{name} {options.because}", file=name, found=name)


def _fits(name: str, pattern: str) -> bool:
    start, star, end = pattern.partition("*")
    return (
        name == pattern if not star else len(name) > len(start + end) and name.startswith(start) and name.endswith(end)
    )
