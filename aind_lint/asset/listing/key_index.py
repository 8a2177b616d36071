"""Searching the keys of an asset: a million of them, and each culprit told once.

Keys are compared by their segments, the parts between slashes. When a folder's name is at fault, so is every key below
it: it is told once, with their number. Searches first ask the whole text of all keys, which mostly says no, and costs
a thousandth of asking each key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property
from heapq import merge
from itertools import groupby, islice

from aind_lint.storage.blob_spool import BlobSpool
from aind_lint.storage.sorted_table import SortedTable

#: Blocks of keys whose text is searched at once.
_BLOCKS = 8


class KeyIndex:
    """The keys of an asset's files, sorted, and what is worth computing once for all rules.

    Args:
        files: The keys of the files.
        folders: The keys of the folders.
    """

    def __init__(self, files: Collection[str], folders: Collection[str]) -> None:
        self.files = _table(files)
        self.folders = _table(folders)
        self._held: dict[str, bool] = {}

    @cached_property
    def _text(self) -> BlobSpool:
        """All keys in small letters, with a slash at both ends and between them."""
        text = BlobSpool()
        blocks = self.files.blocks()
        while some := [key for block in islice(blocks, _BLOCKS) for key in block]:
            text.add(f"/{'/'.join(some)}/".lower().encode("utf-8", "surrogatepass"))
        return text

    def find_literals(self, literals: Iterable[str]) -> set[str]:
        """Those of some texts in small letters that occur in a key, between slashes."""
        wanted = set(literals)
        unknown = {literal: literal.encode("utf-8", "surrogatepass") for literal in wanted.difference(self._held)}
        self._held.update(dict.fromkeys(unknown, False))
        for number in range(len(self._text)):
            if not unknown:
                break
            piece = self._text[number]
            for literal in [literal for literal, raw in unknown.items() if raw in piece]:
                self._held[literal] = True
                del unknown[literal]
        return {literal for literal in wanted if self._held[literal]}

    @cached_property
    def top_folders(self) -> frozenset[str]:
        """The folders at the root that hold a file at any depth."""
        return frozenset(name for name, is_folder in _inside(self.files, "") if is_folder)

    def keys_below(self, folder: str) -> Iterator[str]:
        """The keys in a folder, at any depth."""
        start = f"{folder}/"
        for key, *_ in self.files.rows_from(start):
            if not key.startswith(start):
                return
            yield key

    def file_names_at_root(self) -> Iterator[str]:
        """The names of the files at the root."""
        return (name for name, is_folder in _inside(self.files, "") if not is_folder)

    def names_in(self, folder: str) -> Iterator[str]:
        """The names of the files and, ending with a slash, of the folders directly in a folder."""
        yield from (name for name, is_folder in _inside(self.files, f"{folder}/") if not is_folder)
        yield from (f"{name}/" for name, holds_more in _inside(self.folders, f"{folder}/") if not holds_more)

    def offenders(self, pattern: re.Pattern[str], keys: Iterable[str] | None = None) -> Iterator[tuple[str, int]]:
        """The files and folders in whose own name a pattern is found, with how many keys each concerns.

        Args:
            pattern: Matches within one segment, or from its beginning to its end; never a slash.
            keys: Sorted keys to look at in place of all.
        """
        found = ((key, match) for key in (self.files if keys is None else keys) if (match := pattern.search(key)))
        names = (_up_to_slash(key, match.start()) for key, match in found)
        return ((offender, sum(1 for _ in same)) for offender, same in groupby(names))

    def names_matching(self, globs: Iterable[str]) -> Iterator[tuple[str, int]]:
        """The same for files and folders whose whole name fits a glob, in any case of letters."""
        literals = {glob: _literal(glob) for glob in globs}
        held = self.find_literals(literals.values())
        possible = tuple(glob for glob, literal in literals.items() if literal in held)
        return self.offenders(_segments_like(possible)) if possible else iter(())

    def files_matching(self, globs: Iterable[str]) -> Iterator[str]:
        """The files whose keys fit a glob, sorted."""
        found = merge(*map(self._files_like, self._possible(globs)))
        return (key for key, _ in groupby(found))

    def _files_like(self, glob: str) -> Iterator[str]:
        pattern, ending = compile_key_globs((glob,)), re.split(r"[*?]", glob)[-1]
        top, slash, _ = glob.partition("/")
        keys = self.keys_below(top) if slash and not re.search(r"[*?]", top) else self.files
        return (key for key in keys if key.endswith(ending) and pattern.fullmatch(key))

    def folders_matching(self, globs: Iterable[str]) -> list[str]:
        """The folders whose keys fit a glob, sorted."""
        possible = self._possible(globs)
        pattern = compile_key_globs(possible)
        return [folder for folder in self.folders if pattern.fullmatch(folder)] if possible else []

    def _possible(self, globs: Iterable[str]) -> tuple[str, ...]:
        literals = {glob: max(re.split(r"\*\*/|[*?]", glob.lower()), key=len) for glob in globs}
        held = self.find_literals(literals.values())
        return tuple(glob for glob, literal in literals.items() if literal in held)


def _table(keys: Collection[str]) -> SortedTable:
    return keys if isinstance(keys, SortedTable) else SortedTable((key,) for key in sorted(keys))


def _inside(keys: SortedTable, start: str) -> Iterator[tuple[str, bool]]:
    """What comes directly after a beginning of keys, each once, and whether a slash follows it."""
    after: str | None = start
    while after is not None:
        coming, after = keys.rows_from(after), None
        for key, *_ in coming:
            if not key.startswith(start):
                return
            name, slash, _ = key[len(start) :].partition("/")
            yield name, bool(slash)
            if slash:
                after = f"{start}{name}0"  # "0" comes right after the slash
                break


def _up_to_slash(key: str, start: int) -> str:
    end = key.find("/", start)
    return key if end < 0 else key[:end]


@cache
def compile_key_globs(globs: tuple[str, ...]) -> re.Pattern[str]:
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
