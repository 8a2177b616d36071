"""Searching the keys of an asset: a hundred thousand of them at once, and each culprit told once.

Keys are compared by their segments, the parts between slashes. When a folder's name is at fault, so is every key below
it: it is told once, with their number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache

from aind_lint.asset.listing import Listing


def culprits(keys: Collection[str], pattern: re.Pattern[str]) -> dict[str, int]:
    """The files and folders in whose own name a pattern is found, with how many keys each concerns.

    Args:
        keys: Keys of files.
        pattern: Matches within one segment, or from its beginning to its end; never a slash.
    """
    # One search over everything is many times faster than one per key, and mostly finds nothing.
    if not pattern.search("/".join(keys)):
        return {}
    found: dict[str, int] = {}
    for key in keys:
        if match := pattern.search(key):
            end = key.find("/", match.start())
            culprit = key if end < 0 else key[:end]
            found[culprit] = found.get(culprit, 0) + 1
    return dict(sorted(found.items()))


@cache
def segments_like(globs: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for whole segments that fit one of some globs, in any case; ``*`` is anything but a slash."""
    joined = "|".join(_translated(glob) for glob in globs)
    return re.compile(f"(?<![^/])(?:{joined})(?![^/])", re.IGNORECASE)


@cache
def keys_like(globs: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for whole keys that fit one of some globs; ``**/`` stands for any folders, or none."""
    return re.compile("|".join(_translated(glob) for glob in globs))


def _translated(glob: str) -> str:
    special = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(special.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob))


def files_like(listing: Listing, globs: tuple[str, ...]) -> list[str]:
    """The files whose keys fit one of some globs, sorted; what lies in folders of other names costs nearly nothing."""
    pattern = keys_like(globs)
    endings = tuple(re.split(r"[*?]", glob)[-1] for glob in globs)
    return sorted(key for key in listing.files if key.endswith(endings) and pattern.fullmatch(key))


def folders_like(listing: Listing, globs: tuple[str, ...]) -> list[str]:
    """The folders whose keys fit one of some globs, sorted."""
    pattern = keys_like(globs)
    return sorted(folder for folder in listing.folders if pattern.fullmatch(folder))


def first_segments(keys: Iterable[str]) -> dict[str, int]:
    """The folders at the root, with how many keys lie in each."""
    counts: dict[str, int] = {}
    for key in keys:
        folder, slash, _ = key.partition("/")
        if slash:
            counts[folder] = counts.get(folder, 0) + 1
    return counts
