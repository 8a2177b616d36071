"""Searching the keys of an asset: a hundred thousand of them at once, and each culprit told once.

Keys are compared by their segments, the parts between slashes. When a folder's name is at fault, so is every key below
it: it is told once, with their number. Searches first ask the whole text of all keys, which mostly says no, and costs
a thousandth of asking each key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache, cached_property


class KeyIndex:
    """The keys of an asset's files, and what is worth computing once for all rules.

    Args:
        files: The keys of the files.
        folders: The keys of the folders.
    """

    def __init__(self, files: Collection[str], folders: Collection[str]) -> None:
        self.files = files
        self.folders = folders

    @cached_property
    def text(self) -> str:
        """All keys in one text, with a slash at both ends and between them."""
        return f"/{'/'.join(self.files)}/"

    @cached_property
    def lowered(self) -> str:
        """The text in small letters."""
        return self.text.lower()

    @cached_property
    def characters(self) -> frozenset[str]:
        """Every character that occurs in a key."""
        return frozenset(self.text)

    @cached_property
    def by_top(self) -> dict[str, list[str]]:
        """The keys in each folder at the root, at any depth."""
        found: dict[str, list[str]] = {}
        for key in self.files:
            top, slash, _ = key.partition("/")
            if slash:
                found.setdefault(top, []).append(key)
        return found

    @cached_property
    def folders_in(self) -> dict[str, list[str]]:
        """The names of the folders that lie directly in each folder; the root is the empty key."""
        found: dict[str, list[str]] = {}
        for key in self.folders:
            outer, _, name = key.rpartition("/")
            found.setdefault(outer, []).append(name)
        return found

    def culprits(self, pattern: re.Pattern[str]) -> dict[str, int]:
        """The files and folders in whose own name a pattern is found, with how many keys each concerns.

        Args:
            pattern: Matches within one segment, or from its beginning to its end; never a slash.
        """
        found: dict[str, int] = {}
        for key in self.files:
            if match := pattern.search(key):
                end = key.find("/", match.start())
                culprit = key if end < 0 else key[:end]
                found[culprit] = found.get(culprit, 0) + 1
        return dict(sorted(found.items()))

    def named_like(self, globs: Iterable[str]) -> dict[str, int]:
        """The same for files and folders whose whole name fits a glob, in any case of letters."""
        possible = tuple(glob for glob in globs if _literal(glob) in self.lowered)
        return self.culprits(_segments_like(possible)) if possible else {}

    def files_like(self, globs: Iterable[str]) -> list[str]:
        """The files whose keys fit a glob, sorted."""
        found: set[str] = set()
        for glob in self._possible(globs):
            pattern, ending = keys_like((glob,)), re.split(r"[*?]", glob)[-1]
            top = glob.partition("/")[0]
            keys = self.files if "*" in top or "/" not in glob else self.by_top.get(top, ())
            found.update(key for key in keys if key.endswith(ending) and pattern.fullmatch(key))
        return sorted(found)

    def folders_like(self, globs: Iterable[str]) -> list[str]:
        """The folders whose keys fit a glob, sorted."""
        possible = self._possible(globs)
        pattern = keys_like(possible)
        return sorted(folder for folder in self.folders if pattern.fullmatch(folder)) if possible else []

    def _possible(self, globs: Iterable[str]) -> tuple[str, ...]:
        return tuple(glob for glob in globs if max(re.split(r"\*\*/|[*?]", glob.lower()), key=len) in self.lowered)


@cache
def keys_like(globs: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for what fits a glob: ``*`` is anything but a slash, ``**/`` any folders or none."""
    return re.compile("|".join(_translated(glob) for glob in globs))


@cache
def _segments_like(globs: tuple[str, ...]) -> re.Pattern[str]:
    joined = "|".join(_translated(glob) for glob in globs)
    return re.compile(f"(?<![^/])(?:{joined})(?![^/])", re.IGNORECASE)


@cache
def _literal(glob: str) -> str:
    """The longest part of the text of all keys that what fits a glob must hold."""
    return max(f"/{glob.lower()}/".split("*"), key=len)


def _translated(glob: str) -> str:
    special = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(special.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob))
