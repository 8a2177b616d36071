"""Strict parsing of one sidecar: it also finds problems that a JSON parser accepts, such as duplicate keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from math import isfinite
from typing import Any, NoReturn

from aind_lint.sidecar.json_prescan import may_contain_huge_number, may_contain_lone_surrogate, may_exceed_depth
from aind_lint.sidecar.kinds import KINDS, RECORD
from aind_lint.sidecar.text_problems import (
    MAX_SHOWN,
    SidecarProblem,
    duplicate_key_problems,
    number_problems,
    surrogate_problems,
)
from aind_lint.text.characters import one_line
from aind_lint.text.json_position import line_and_column
from aind_lint.text.json_scanner import mask_escapes

#: Bytes of the largest sidecar that is read. The largest known real one has 3 MB.
MAX_SIZE = 64 * 2**20

#: Bytes of the largest sidecar that several assets share, and how many sidecars are kept for that: those of two assets.
_MAX_SHARED_SIZE, _SHARED = 200_000, 16

#: Levels of the deepest nesting that is read. The deepest known real sidecar has fewer than 20.
MAX_DEPTH = 100

_NOT_BRACKETS = {i: None for i in range(128) if chr(i) not in "{}[]"}


@dataclass(frozen=True, eq=False)  # hashed by identity, so that results for a sidecar can be cached
class Sidecar:
    """One JSON file with metadata, or one member of the record of all sidecars.

    Attributes:
        key: The path inside the asset; for a member of the record, ``metadata.nd.json#/subject``.
        raw: The bytes of the file. Publishing sends exactly these bytes.
        text: The decoded text; empty when it cannot be decoded.
        data: The JSON object; None when there is none. It must not be changed: other assets can share it.
        problems: The problems of the file.
        names: The names of all members of all objects in the data: a search for another name is in vain. Of a member of
            the record, the names in the whole record.
        record: The record of all sidecars, if this is a member of it. A member has no bytes of its own.
    """

    key: str
    raw: bytes
    text: str
    data: dict[str, Any] | None
    problems: tuple[SidecarProblem, ...]
    names: Collection[str] = ()
    record: Sidecar | None = None

    @property
    def kind(self) -> str:
        """The kind according to the file name: ``subject`` for ``subject.json``."""
        return self.key.rpartition("/")[2].removesuffix(".json")

    @property
    def is_record(self) -> bool:
        """Whether this is the record of all sidecars. It is not validated as a whole: its members are."""
        return self.key.rpartition("/")[2] == RECORD

    def members(self) -> Iterator[Sidecar]:
        """The sidecars in the record of all sidecars."""
        for kind in KINDS:
            if isinstance(data := (self.data or {}).get(kind), dict):
                yield Sidecar(f"{self.key}#/{kind}", b"", "", data, (), self.names, record=self)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, without line ends."""
        return self.text.split("\n")


#: The code of a sidecar whose content is not known. It is no problem of the sidecar, and no rule reports it as one.
NOT_READ = "not-read"


class _UnreadableError(Exception):
    def __init__(self, problem: SidecarProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_sidecar(key: str, raw: bytes) -> Sidecar:
    """Parse the bytes of one sidecar. Never raises: everything that is wrong is a problem of the result.

    Successive assets often have the same file, such as the instrument.json of their rig. It is parsed once, and what
    is computed of a sidecar once, such as its validation, holds for all of them.
    """
    return read_small_sidecar(key, raw) if len(raw) <= _MAX_SHARED_SIZE else _read(key, raw)


@lru_cache(maxsize=_SHARED)
def read_small_sidecar(key: str, raw: bytes) -> Sidecar:
    """The same object for the same key and bytes, if it is one of the latest."""
    return _read(key, raw)


def _read(key: str, raw: bytes) -> Sidecar:
    text = ""
    problems: list[SidecarProblem] = []
    try:
        text = _decode(raw, problems)
        data, names = _parse(text, raw, problems)
    except _UnreadableError as error:
        return Sidecar(key, raw, text, None, (*problems, error.problem))
    return Sidecar(key, raw, text, data, tuple(problems), names)


def oversized_sidecar(key: str, size: int) -> Sidecar:
    """A sidecar that is too large to be read."""
    message = f"the file has {size:,} bytes; a sidecar has at most {MAX_SIZE:,}"
    return Sidecar(key, b"", "", None, (SidecarProblem("too-large", message, found=str(size)),))


def unread_sidecar(key: str) -> Sidecar:
    """A sidecar that was not read, because that would download it."""
    return Sidecar(key, b"", "", None, (SidecarProblem(NOT_READ, "the file was not read"),))


def _decode(raw: bytes, problems: list[SidecarProblem]) -> str:
    if not raw.strip():
        raise _UnreadableError(
            SidecarProblem("not-json", "the file is empty" if not raw else "the file contains only white space")
        )
    if not raw.strip(b"\0"):
        message = "the file contains only zero bytes, as after a power failure; copy it again from its source"
        raise _UnreadableError(SidecarProblem("not-json", message, 1, 1))
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(raw) > 1 and 0 in raw[:2]):
        message = "the file is UTF-16, as Windows tools write it, not UTF-8"
        raise _UnreadableError(SidecarProblem("not-utf8", message, 1, 1))
    if raw.startswith(b"\xef\xbb\xbf"):
        problems.append(SidecarProblem("byte-order-mark", "the file begins with a byte order mark (BOM)", 1, 1))
        raw = raw[3:]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        byte = raw[error.start : error.start + 1]
        # The usual cause is text in Windows-1252, so show the character that the author typed.
        character = byte.decode("cp1252", errors="ignore")
        hint = f", '{character}' in Windows-1252" if character.isprintable() and character else ""
        message = f"byte 0x{byte.hex().upper()} is not UTF-8{hint}"
        raise _UnreadableError(SidecarProblem("not-utf8", message, *line_and_column(before, len(before)))) from None


def _parse(text: str, raw: bytes, problems: list[SidecarProblem]) -> tuple[dict[str, Any], set[str]]:
    """The object, and the names of all members of all objects in it."""
    if may_exceed_depth(raw, MAX_DEPTH):
        _check_depth(text)
    names: set[str] = set()
    duplicates: dict[str, None] = {}
    unusual_numbers: Counter[str] = Counter()

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(members)
        names.update(result)
        if len(result) != len(members):
            counts = Counter(key for key, _ in members)
            duplicates.update(dict.fromkeys(key for key, count in counts.items() if count > 1))
        return result

    def constant(word: str) -> float:
        unusual_numbers[word] += 1
        return float(word)

    def number(digits: str) -> float:
        if not isfinite(value := float(digits)):
            unusual_numbers[digits] += 1
        return value

    def integer(digits: str) -> int:
        value = int(digits) if len(digits) <= 20 else 2**64
        if not -(2**63) <= value < 2**63:
            unusual_numbers[digits] += 1
        return value

    # A hook for every number is slow, so install it only if there can be a huge one.
    hooks: dict[str, Any] = {"parse_float": number, "parse_int": integer} if may_contain_huge_number(raw) else {}
    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, **hooks)
    try:
        data = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise _UnreadableError(_syntax_problem(text, error)) from None
    except RecursionError:
        _raise_too_deep(MAX_DEPTH + 1)
    # Locating problems scans the whole text again, so do it only if there are problems.
    if duplicates:
        problems.extend(duplicate_key_problems(text, duplicates))
    if unusual_numbers:
        problems.extend(number_problems(text, unusual_numbers))
    if may_contain_lone_surrogate(raw):
        problems.extend(surrogate_problems(text))
    if not isinstance(data, dict):
        kind = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(type(data), "a number")
        position = line_and_column(text, len(text) - len(text.lstrip()))
        raise _UnreadableError(
            SidecarProblem(
                "not-an-object",
                f"the file contains {kind} instead of an object",
                *position,
                one_line(text.strip(), MAX_SHOWN),
            )
        )
    return data, names


def _check_depth(text: str) -> None:
    brackets = "".join(mask_escapes(text).split('"')[::2]).translate(_NOT_BRACKETS)
    steps = {"{": 1, "[": 1, "}": -1, "]": -1}
    depth = max(accumulate(steps.get(bracket, 0) for bracket in brackets), default=0)
    if depth > MAX_DEPTH:
        _raise_too_deep(depth)


def _raise_too_deep(depth: int) -> NoReturn:
    message = f"the values are nested {depth:,} levels deep; the limit is {MAX_DEPTH}"
    raise _UnreadableError(SidecarProblem("too-deep", message, found=str(depth)))


def _syntax_problem(text: str, error: json.JSONDecodeError) -> SidecarProblem:
    before = text[: error.pos].rstrip()
    position = error.pos
    found = text[error.pos : error.pos + 20].split("\n")[0]
    message = error.msg[0].lower() + error.msg[1:]
    if error.msg.startswith("Unterminated string"):
        message = "a string that starts here is not closed; the file may have been cut off"
    elif error.pos >= len(text.rstrip()):
        message = f"the file ends too early ({message})"
    elif error.msg.startswith("Illegal trailing comma") or (before.endswith(",") and found[:1] in ("}", "]")):
        message = "there is a comma before the closing bracket"
        # Python 3.13 reports the position of the comma, older versions that of the bracket.
        position, found = (error.pos if text[error.pos] == "," else len(before) - 1), ","
    elif found.startswith("'"):
        message = "strings need double quotes"
    elif found.startswith(("//", "/*", "#")):
        message = "JSON has no comments"
    elif error.msg.startswith("Invalid control character"):
        message = "a string contains a line break or another control character"
    elif error.msg == "Extra data":
        message = "there is more text after the end of the object"
    return SidecarProblem("not-json", f"not JSON: {message}", *line_and_column(text, position), found or None)
