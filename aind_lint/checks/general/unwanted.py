"""Does the asset contain files or folders that do not belong there?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.vocabulary import Vocabulary
from aind_lint.checks.sidecars.sidecar_present import Case, matches_case
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.glob import compile_globs


class Options(verb.Options):
    """What the asset must not contain.

    Attributes:
        paths: Globs of the keys of files and folders: ``*.tmp`` at the root, ``**/*.tmp`` at any depth.
        vocabulary: Also folders at the root that the vocabulary knows: ``labels`` for results, ``modalities`` for raw
            data.
        any_case: Ignore case.
        applies_to: The assets that must not have them.
        unless_present: Sidecars; if one is present, the files are allowed.
        allowed_in_folders: Globs of files that are no fault. A folder that contains only such files is no fault either.
        removed_by_service: Whether the transfer service removes them from an upload.
        once_for: A regular expression. Of the keys that begin with the same match, one is reported, with their number.
        message: The end of the message, after the key.
        fixes: Fixes of some paths, by their globs, where that of the rule would do harm; ``{key}`` stands for the key.
    """

    paths: list[str] = []
    vocabulary: Literal["labels", "modalities"] | None = None
    any_case: bool = False
    applies_to: Case = Case()
    unless_present: list[str] = []
    allowed_in_folders: list[str] = []
    removed_by_service: bool = False
    once_for: str | None = None
    message: str
    fixes: dict[str, str] = {}

    def validate(self) -> None:
        """Require something to look for."""
        if not self.paths and self.vocabulary is None:
            raise ValueError("'paths' or 'vocabulary' is required")


def searches(options: Options) -> list[str]:
    """The globs; none if some depend on the vocabulary of the asset."""
    return [] if options.vocabulary else options.paths


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every match."""
    if not matches_case(options.applies_to, asset) or any(
        file in asset.listing.files for file in options.unless_present
    ):
        return
    globs = [*options.paths, *_vocabulary_globs(asset.vocabulary, options)]
    found = asset.listing.key_index.entries_matching(globs, options.any_case)
    if options.allowed_in_folders:
        found = _without_allowed(asset, found, options)
    if options.once_for is not None:
        found = _first_of_each(found, re.compile(options.once_for))
    if options.removed_by_service and asset.upload and context.completed_by_service:
        yield from (Unchecked("the transfer service merges it", key) for key, _ in found)
        return
    for fault in report_limited_keys(found, lambda key: options.message):
        yield replace(fault, fix=_fix(fault.file, options)) if fault.file else fault


def _fix(key: str, options: Options) -> str | None:
    fixes = (fix for glob, fix in options.fixes.items() if compile_globs((glob,), options.any_case).fullmatch(key))
    fix = next(fixes, None)
    return fix and fix.replace("{key}", key)


def _first_of_each(found: Iterable[tuple[str, int]], pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """The first key of each group, with the number of keys in the group."""
    groups: dict[str, tuple[str, int]] = {}
    for key, _ in found:
        match = pattern.match(key)
        group = match.group() if match else key
        first, count = groups.get(group, (key, 0))
        groups[group] = (first, count + 1)
    yield from groups.values()


def _without_allowed(asset: Asset, found: Iterable[tuple[str, int]], options: Options) -> Iterator[tuple[str, int]]:
    """The matches, with the number of files that are not allowed; none of a folder with allowed files only."""
    allowed = compile_globs(tuple(options.allowed_in_folders), options.any_case)
    for key, count in found:
        unwanted = sum(not allowed.fullmatch(inner) for inner in asset.listing.key_index.keys_below(key))
        if unwanted or key in asset.listing.files:
            yield key, max(unwanted, 1) if count else count


def _vocabulary_globs(vocabulary: Vocabulary, options: Options) -> Iterable[str]:
    if options.vocabulary == "labels":
        return vocabulary.label_globs
    return (*vocabulary.modality_folders, *vocabulary.modality_parts) if options.vocabulary == "modalities" else ()
