"""Does the asset contain files or folders that do not belong there?"""

from __future__ import annotations

from collections.abc import Iterator

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
        paths: Globs of the keys of files and folders: ``*.tmp`` at the root, ``**/*.tmp`` at any depth.
        any_case: Ignore case.
        applies_to: The assets that must not have them.
        unless_present: Sidecars; if one is present, the files are allowed.
        message: The end of the message, after the key.
    """

    paths: list[str] = Field(min_length=1)
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
    found = asset.listing.key_index.entries_matching(options.paths, options.any_case)
    yield from report_limited_keys(found, lambda key: options.message)
