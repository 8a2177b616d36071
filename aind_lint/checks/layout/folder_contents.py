"""Does every folder of a kind contain what its file standard requires, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.key_index import KeyIndex
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.glob import compile_globs

NEEDS_DATA = True


class Options(verb.Options):
    """Which folders, and what they must contain.

    The globs of contents are relative to the folder: ``*.tif`` in it, ``**/*.tif`` at any depth. A glob that ends with
    ``/`` stands for folders in it.

    Attributes:
        folders: Globs of the folders.
        required: Globs, each of which must match something.
        any_of: Globs, at least one of which must match something.
        all_or_none: Globs, all or none of which must match something.
        allowed: If given, the other files that may be in the folder; every further file is a fault.
        except_folders: Globs of folders that are not checked.
        unless_contains: Globs; a folder that contains a match is not checked.
        if_any_folder: Globs of folders of the asset; without a match, nothing is checked.
        described_as: What such a folder is, for the message: "the folder of a camera".
    """

    folders: Annotated[list[str], NOT_EMPTY]
    required: list[str] = []
    any_of: list[str] = []
    all_or_none: list[str] = []
    allowed: list[str] | None = None
    except_folders: list[str] = []
    unless_contains: list[str] = []
    if_any_folder: list[str] = []
    described_as: str


def searches(options: Options) -> list[str]:
    """The globs of the folders."""
    return options.if_any_folder or options.folders


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every folder that lacks something, and for every file that is not allowed in it."""
    keys = asset.listing.key_index
    if options.if_any_folder and not keys.folders_matching(options.if_any_folder):
        return
    excluded = set(keys.folders_matching(options.except_folders)) if options.except_folders else set()
    for folder in keys.folders_matching(options.folders):
        if folder in excluded or any(_contains(keys, folder, glob) for glob in options.unless_contains):
            continue
        if missing := _missing(keys, folder, options):
            names = ", ".join(missing)
            yield Fault(f"{folder} ({options.described_as}) lacks {names}", folder, found=folder, expected=names)
        if options.allowed is not None:
            allowed = compile_globs((*options.required, *options.any_of, *options.all_or_none, *options.allowed))
            files = (name for name in keys.names_in(folder) if not name.endswith("/"))
            unexpected = ((f"{folder}/{name}", 1) for name in files if not allowed.fullmatch(name))
            yield from report_limited_keys(unexpected, lambda key: f"is not allowed directly in {options.described_as}")


def _missing(keys: KeyIndex, folder: str, options: Options) -> list[str]:
    """What the folder lacks, as a message names it; nothing for a folder without files, which another rule reports."""
    if next(keys.keys_below(folder), None) is None:
        return []
    missing = [glob for glob in options.required if not _contains(keys, folder, glob)]
    if options.any_of and not any(_contains(keys, folder, glob) for glob in options.any_of):
        missing.append(" or ".join(glob.removeprefix("**/") for glob in options.any_of))
    absent = [glob for glob in options.all_or_none if not _contains(keys, folder, glob)]
    if len(absent) < len(options.all_or_none):
        missing += absent
    return [glob.removeprefix("**/") for glob in missing]


def _contains(keys: KeyIndex, folder: str, glob: str) -> bool:
    """Whether a glob matches something in the folder, which may contain a million files."""
    if "/" in glob.rstrip("/"):
        return keys.is_match_below(folder, glob)
    matches = compile_globs((glob,)).fullmatch
    return any(matches(name) for name in keys.names_in(folder))
