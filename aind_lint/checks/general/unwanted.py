"""Does the asset contain files or folders that do not belong there?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.checks.sidecars.sidecar_present import Case, matches_case
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault


class Options(verb.Options):
    """What the asset must not contain.

    Attributes:
        names: Files and folders; ``*`` stands for anything.
        recursive: Search every folder, ignoring case, instead of the root only.
        any_case: Ignore case.
        applies_to: The assets that must not have them.
        unless_present: Sidecars; if one is present, the files are allowed.
        message: The end of the message: "<name> <message>".
    """

    names: list[str] = Field(min_length=1)
    recursive: bool = False
    any_case: bool = False
    applies_to: Case = Case()
    unless_present: list[str] = []
    message: str


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every match."""
    if not matches_case(options.applies_to, asset) or any(
        file in asset.listing.files for file in options.unless_present
    ):
        return
    if options.recursive:
        found = asset.listing.key_index.names_matching(options.names)
        yield from report_limited_keys(found, lambda key: options.message)
        return
    folders = [key for key in asset.listing.folders if "/" not in key]
    for name in chain(asset.listing.root_files, sorted(folders)):
        compared = name.casefold() if options.any_case else name
        if any(_fits(compared, pattern) for pattern in options.names):
            yield Fault(f"{name} {options.message}", file=name, found=name)


def _fits(name: str, pattern: str) -> bool:
    start, star, end = pattern.partition("*")
    return (
        name == pattern if not star else len(name) > len(start + end) and name.startswith(start) and name.endswith(end)
    )
