"""Does every folder of a kind contain what its file standard requires, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.key_index import KeyIndex, compile_key_globs
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_DATA = True


class Options(verb.Options):
    """Which folders, and what they must contain.

    Attributes:
        folders: Globs of the folders; ``**/`` stands for any folders.
        required: Names, each of which must be there; ``*`` stands for anything, and a folder's name ends with a slash.
        any_of: Names of which one must be there.
        all_or_none: Names that are all there or none.
        allowed: When given, files that may be there beside those; others are faults.
        recursive: Whether the files may also lie deeper.
        described_as: What such a folder is, for the message: "the folder of a camera".
    """

    folders: list[str] = Field(min_length=1)
    required: list[str] = []
    any_of: list[str] = []
    all_or_none: list[str] = []
    allowed: list[str] | None = None
    recursive: bool = False
    described_as: str


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every folder that lacks something, and for every file that has no place in one."""
    for folder in asset.listing.key_index.folders_matching(options.folders):
        names = _Names(asset.listing.key_index, folder, options.recursive)
        missing = [name for name in options.required if name not in names]
        if options.any_of and not any(name in names for name in options.any_of):
            missing.append(" or ".join(options.any_of))
        present = [name for name in options.all_or_none if name in names]
        if present:
            missing += [name for name in options.all_or_none if name not in present]
        if missing and any(True for _ in names):
            message = f"{folder} ({options.described_as}) lacks {', '.join(missing)}"
            yield Fault(message, folder, found=folder, expected=", ".join(missing))
        if options.allowed is not None:
            allowed = compile_key_globs((*options.required, *options.any_of, *options.all_or_none, *options.allowed))
            files = (name for name in names if not name.endswith("/"))
            unexpected = ((f"{folder}/{name}", 1) for name in files if not allowed.fullmatch(name))
            yield from report_limited_keys(unexpected, lambda key: f"is not allowed directly in {options.described_as}")


class _Names:
    """The names in a folder, which may be a million; a name with ``*`` or ``?`` is in it when one fits."""

    def __init__(self, keys: KeyIndex, folder: str, anywhere: bool) -> None:
        self._keys, self._folder, self._anywhere = keys, folder, anywhere

    def __iter__(self) -> Iterator[str]:
        if self._anywhere:
            return (key.rpartition("/")[2] for key in self._keys.keys_below(self._folder))
        return self._keys.names_in(self._folder)

    def __contains__(self, name: str) -> bool:
        fits = compile_key_globs((name,)).fullmatch if "*" in name or "?" in name else name.__eq__
        return any(fits(each) for each in self)
