"""Searches the keys of an asset, up to a million, and reports each matching name once.

If the name of a folder matches, the folder is reported once, with the number of keys below it. Most searches find
nothing. A search therefore first tests whether the concatenated text of all keys contains the longest literal of the
glob. This takes a thousandth of the time of matching every key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property
from heapq import merge
from itertools import compress, groupby, islice, takewhile

from aind_lint.storage.blob_spool import BlobSpool
from aind_lint.storage.sorted_table import SortedTable
from aind_lint.text.glob import compile_globs, has_wildcards, literal_texts, translate_glob

#: Names at the root that are kept for all rules.
_MAX_KEPT_NAMES = 1000
#: Blocks of keys whose text is concatenated.
_BLOCKS = 8
#: Bytes of a text whose characters are tested before it is searched.
_LONG_TEXT = 10_000


class KeyIndex:
    """The sorted keys of an asset's files and folders.

    Args:
        files: The keys of the files.
        folders: The keys of the folders.
    """

    def __init__(self, files: Collection[str], folders: Collection[str]) -> None:
        self.files = _table(files)
        self.folders = _table(folders)
        self._found: dict[bytes, bool] = {}

    @cached_property
    def _text(self) -> BlobSpool:
        """All keys in lower case, with a slash before, between and after them."""
        text = BlobSpool()
        blocks = self.files.blocks()
        while keys := [key for block in islice(blocks, _BLOCKS) for key in block]:
            text.add(f"/{'/'.join(keys)}/".lower().encode("utf-8", "surrogatepass"))
        return text

    def contains_any(self, texts: Iterable[str]) -> bool:
        """Whether one of some texts, in lower case, occurs in the text of all keys."""
        return any(self._occurring(_encoded(tuple(texts))))

    def _occurring(self, literals: tuple[bytes, ...]) -> list[bool]:
        """For each literal, whether it occurs in the text of all keys. Each is searched once, all together."""
        found = self._found
        if new := [literal for literal in literals if literal not in found]:
            found.update(dict.fromkeys(new, False))
            for number in range(len(self._text)):
                text = self._text[number]
                possible = _made_of_characters_in(text, new) if len(text) > _LONG_TEXT else new
                found.update(dict.fromkeys([literal for literal in possible if literal in text], True))
                new = [literal for literal in new if not found[literal]]
                if not new:
                    break
        return [found[literal] for literal in literals]

    @cached_property
    def top_folders(self) -> frozenset[str]:
        """The folders at the root that contain a file at any depth."""
        return frozenset(name for name, is_folder in _children(self.files, "") if is_folder)

    def keys_below(self, folder: str, containing: str = "") -> Iterator[str]:
        """The keys in a folder, at any depth; with a text, at least those that contain it."""
        start = f"{folder}/"
        return takewhile(lambda key: key.startswith(start), self.files.keys_from(start, containing))

    def is_match_below(self, folder: str, glob: str) -> bool:
        """Whether a key in a folder, relative to that folder, matches a glob."""
        matches, start = compile_globs((glob,)).fullmatch, len(folder) + 1
        return any(matches(key[start:]) for key in self.keys_below(folder, _last_literal(glob)))

    def file_names_at_root(self) -> Iterator[str]:
        """The names of the files at the root."""
        return (name for name, is_folder in _children(self.files, "") if not is_folder)

    def names_in(self, folder: str) -> Iterator[str]:
        """The names of the files and, ending with a slash, of the folders directly in a folder."""
        start = f"{folder}/" if folder else ""
        yield from (name for name, is_folder in _children(self.files, start) if not is_folder)
        yield from (f"{name}/" for name, is_folder in _children(self.folders, start) if not is_folder)

    def matching_names(self, pattern: re.Pattern[str], keys: Iterable[str] | None = None) -> Iterator[tuple[str, int]]:
        """The files and folders whose own name matches a pattern, each with the number of keys concerned.

        Args:
            pattern: It must not match a slash.
            keys: The sorted keys to search; all by default.
        """
        matches = ((key, match) for key in (self.files if keys is None else keys) if (match := pattern.search(key)))
        names = (_up_to_slash(key, match.start()) for key, match in matches)
        return ((name, sum(1 for _ in same)) for name, same in groupby(names))

    def entries_matching(self, globs: Iterable[str], ignore_case: bool = False) -> Iterator[tuple[str, int]]:
        """The files and folders whose keys match a glob, with the number of files concerned.

        Globs ``**/name`` are found in the keys of files, and a folder counts all files in it. For other globs the
        number is 1.
        """
        anywhere, at_root, other = _by_depth(tuple(globs))
        if globs_to_try := self._globs_that_can_match(anywhere):
            yield from self.matching_names(_compile_names(globs_to_try, ignore_case))
        if at_root:
            pattern = compile_globs(at_root, ignore_case)
            yield from ((name, 1) for name in self._names_at_root() if pattern.fullmatch(name))
        yield from ((key, 1) for key in self.files_matching(other, ignore_case))
        yield from ((key, 1) for key in self.folders_matching(other, ignore_case))

    def _names_at_root(self) -> Iterable[str]:
        return self._few_names_at_root or self._all_names_at_root()

    @cached_property
    def _few_names_at_root(self) -> list[str]:
        """The names at the root, unless there are too many to keep."""
        names = list(islice(self._all_names_at_root(), _MAX_KEPT_NAMES + 1))
        return names if len(names) <= _MAX_KEPT_NAMES else []

    def _all_names_at_root(self) -> Iterator[str]:
        yield from self.file_names_at_root()
        yield from (name for name, is_folder in _children(self.folders, "") if not is_folder)

    def files_matching(self, globs: Iterable[str], ignore_case: bool = False) -> Iterator[str]:
        """The files whose keys match a glob, sorted."""
        possible = self._globs_that_can_match(globs)
        if len(possible) < 2:
            return self._files_matching(possible[0], ignore_case) if possible else iter(())
        return (key for key, _ in groupby(merge(*(self._files_matching(glob, ignore_case) for glob in possible))))

    def _files_matching(self, glob: str, ignore_case: bool) -> Iterator[str]:
        if ending := _ending(glob):
            if ignore_case:
                ending = ending.lower()
                return (key for key in self.files if key.lower().endswith(ending))
            return (key for key in self.files.keys_from("", ending) if key.endswith(ending))
        pattern = compile_globs((glob,), ignore_case)
        top, slash, rest = glob.partition("/")
        # "a/**" also matches a file "a", which is not below "a".
        is_below_top = slash and rest != "**" and not ignore_case and not has_wildcards(top)
        ending = "" if ignore_case else _last_literal(glob)
        keys = self.keys_below(top, ending) if is_below_top else self.files.keys_from("", ending)
        return (key for key in keys if key.endswith(ending) and pattern.fullmatch(key))

    def folders_matching(self, globs: Iterable[str], ignore_case: bool = False) -> list[str]:
        """The folders whose keys match a glob, sorted."""
        possible = self._globs_that_can_match(globs)
        pattern = compile_globs(possible, ignore_case)
        return [folder for folder in self.folders if pattern.fullmatch(folder)] if possible else []

    def globs_worth_searching(self, globs: tuple[str, ...]) -> frozenset[str]:
        """The globs for which another search can find something, by one search for all of them."""
        literals = _longest_literals(globs)
        rows = zip(globs, literals, self._occurring(literals), strict=True)
        empty = self._empty_folders_at_root
        return frozenset(glob for glob, text, occurs in rows if occurs or ("/" not in glob and text in empty))

    @cached_property
    def _empty_folders_at_root(self) -> bytes:
        """The names of the folders at the root without a file, as `_text`: no other empty folder is found by a glob."""
        names = (name for name, is_folder in _children(self.folders, "") if not is_folder)
        empty = "/".join(name for name in names if name not in self.top_folders)
        return f"/{empty}/".lower().encode("utf-8", "surrogatepass")

    def _globs_that_can_match(self, globs: Iterable[str]) -> tuple[str, ...]:
        """The globs whose longest literal text occurs in the key of a file."""
        globs = tuple(globs)
        return tuple(compress(globs, self._occurring(_longest_literals(globs))))


def _made_of_characters_in(text: bytes, literals: list[bytes]) -> list[bytes]:
    """The literals that may occur in a text: many keys of data consist of few different characters.

    To look for a character takes a fortieth of the time of a search for a literal.
    """
    missing = {character for character in set().union(*literals) if character not in text}
    return [literal for literal in literals if missing.isdisjoint(literal)]


def _table(keys: Collection[str]) -> SortedTable:
    return keys if isinstance(keys, SortedTable) else SortedTable((key,) for key in sorted(keys))


def _children(keys: SortedTable, start: str) -> Iterator[tuple[str, bool]]:
    """The names directly below a prefix, each once, and whether it is a folder."""
    next_start: str | None = start
    while next_start is not None:
        rows, next_start = keys.rows_from(next_start), None
        for key, *_ in rows:
            if not key.startswith(start):
                return
            name, slash, _ = key[len(start) :].partition("/")
            yield name, bool(slash)
            if slash:
                next_start = f"{start}{name}0"  # "0" is the character after the slash
                break


def _up_to_slash(key: str, start: int) -> str:
    end = key.find("/", start)
    return key if end < 0 else key[:end]


@cache
def _by_depth(globs: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The globs of names at any depth, of names at the root, and all others."""
    anywhere = tuple(glob for glob in globs if glob.startswith("**/") and "/" not in glob[3:])
    at_root = tuple(glob for glob in globs if "/" not in glob)
    return anywhere, at_root, tuple(glob for glob in globs if glob not in anywhere and glob not in at_root)


@cache
def _longest_literals(globs: tuple[str, ...]) -> tuple[bytes, ...]:
    """For each glob the longest text, in lower case, that the text of all keys contains if a key matches."""
    texts = (literal_texts(f"{glob[2:]}/" if glob.startswith("**/") else f"/{glob}/") for glob in globs)
    return _encoded(tuple(max(parts, key=len).lower() for parts in texts))


def _ending(glob: str) -> str:
    """The ending of every key that a glob such as ``**/*.tif`` matches; empty for a glob that says more."""
    ending = glob.removeprefix("**/*")
    return "" if ending == glob or "/" in ending or has_wildcards(ending) else ending


@cache
def _last_literal(glob: str) -> str:
    return literal_texts(glob)[-1]


@cache
def _encoded(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(text.encode("utf-8", "surrogatepass") for text in texts)


@cache
def _compile_names(globs: tuple[str, ...], ignore_case: bool) -> re.Pattern[str]:
    """A pattern that finds in a key the name of a file or folder that matches one of the globs ``**/name``."""
    names = "|".join(translate_glob(glob.removeprefix("**/")) for glob in globs)
    return re.compile(f"(?<![^/])(?:{names})(?![^/])", re.IGNORECASE if ignore_case else 0)
