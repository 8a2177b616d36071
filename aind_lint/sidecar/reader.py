"""Reading one sidecar, strictly: what a lenient reader would let pass is found here."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice
from math import isfinite
from typing import Any, NoReturn

from aind_lint.sidecar.json_prescan import may_contain_huge_number, may_contain_lone_surrogate, may_exceed_depth
from aind_lint.sidecar.kinds import KINDS, RECORD
from aind_lint.text.characters import one_line
from aind_lint.text.json_position import line_and_column

#: Largest sidecar that is read, in bytes; the largest real one known has 3 MB.
MAX_SIZE = 64 * 2**20

#: Deepest nesting that is read; the deepest real sidecar known has under 20 levels.
MAX_DEPTH = 100

#: Problems of one kind that are told of one file; the rest is counted.
_TOLD = 20
#: Characters of a text that are shown.
_SHOWN = 40

# The closing quote is optional, so that the search through a broken file with many quotes stays linear.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_KEY_OR_BRACKET = re.compile(rf"({_STRING.pattern})(\s*:)?|[{{}}\[\]]", re.DOTALL)
_STRING_OR_WORD = re.compile(rf"{_STRING.pattern}|[^\s\"{{}}\[\],:]+", re.DOTALL)
_NOT_BRACKETS = {i: None for i in range(128) if chr(i) not in "{}[]"}
# Escaped backslashes and whole pairs are stepped over; what else looks like a surrogate stands alone.
_SURROGATES = re.compile(r"\\\\|\\u[dD][89aAbB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)")


@dataclass(frozen=True)
class SidecarProblem:
    """Why a sidecar cannot be read, or cannot be read by everybody.

    Attributes:
        code: Which kind of fault; every code is the ``problem`` of one rule of the family SID.
        message: What is wrong.
        line: Line of the fault, from 1, when it has one.
        column: Column of the fault, from 1.
        found: The offending text.
    """

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    found: str | None = None


@dataclass(frozen=True, eq=False)  # told apart by identity, so that what is known of one can be remembered
class Sidecar:
    """One JSON file beside the data, or one member of the record of all.

    Attributes:
        key: Path inside the asset; of a member of the record, ``metadata.nd.json#/subject``.
        raw: The bytes as they were read; publishing sends these very bytes.
        text: The decoded text; empty when it could not be decoded.
        data: The JSON object; None when there is none.
        problems: What is wrong with the file as a file.
        record: Of a member of the record of all sidecars, that record; a member has no bytes of its own.
    """

    key: str
    raw: bytes
    text: str
    data: dict[str, Any] | None
    problems: tuple[SidecarProblem, ...]
    record: Sidecar | None = None

    @property
    def kind(self) -> str:
        """The kind that the file's name says: ``subject`` for ``subject.json``."""
        return self.key.rpartition("/")[2].removesuffix(".json")

    @property
    def is_record(self) -> bool:
        """Whether this is the record of all sidecars, which no schema judges as a whole: its members are judged."""
        return self.key.rpartition("/")[2] == RECORD

    def members(self) -> Iterator[Sidecar]:
        """Of the record, every core record in it."""
        for kind in KINDS:
            if isinstance(data := (self.data or {}).get(kind), dict):
                yield Sidecar(f"{self.key}#/{kind}", b"", "", data, (), record=self)

    @cached_property
    def lines(self) -> list[str]:
        """The text by lines, without line ends."""
        return self.text.split("\n")


class _UnreadableError(Exception):
    def __init__(self, problem: SidecarProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_sidecar(key: str, raw: bytes) -> Sidecar:
    """Read the bytes of one sidecar. Never raises: every fault is a problem of the result."""
    text = ""
    problems: list[SidecarProblem] = []
    try:
        text = _decode(raw, problems)
        data = _parse(text, raw, problems)
    except _UnreadableError as error:
        return Sidecar(key, raw, text, None, (*problems, error.problem))
    return Sidecar(key, raw, text, data, tuple(problems))


def oversized_sidecar(key: str, size: int) -> Sidecar:
    """A sidecar that is not read because of its size."""
    message = f"the file has {size:,} bytes; a sidecar has at most {MAX_SIZE:,}"
    return Sidecar(key, b"", "", None, (SidecarProblem("too-large", message, found=str(size)),))


def _decode(raw: bytes, problems: list[SidecarProblem]) -> str:
    if not raw.strip():
        raise _UnreadableError(
            SidecarProblem("not-json", "the file is empty" if not raw else "the file contains only white space")
        )
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
        # Printable Windows-1252 bytes are the usual cause, so say what the writer meant.
        meant = byte.decode("cp1252", errors="ignore")
        hint = f", '{meant}' in Windows-1252" if meant.isprintable() and meant else ""
        message = f"byte 0x{byte.hex().upper()} is not UTF-8{hint}"
        raise _UnreadableError(SidecarProblem("not-utf8", message, *line_and_column(before, len(before)))) from None


def _parse(text: str, raw: bytes, problems: list[SidecarProblem]) -> dict[str, Any]:
    if may_exceed_depth(raw, MAX_DEPTH):
        _refuse_depth(text)
    duplicates: dict[str, None] = {}
    odd_numbers: Counter[str] = Counter()

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(members)
        if len(result) != len(members):
            counts = Counter(key for key, _ in members)
            duplicates.update(dict.fromkeys(key for key, count in counts.items() if count > 1))
        return result

    def constant(word: str) -> float:
        odd_numbers[word] += 1
        return float(word)

    def number(digits: str) -> float:
        if not isfinite(value := float(digits)):
            odd_numbers[digits] += 1
        return value

    def integer(digits: str) -> int:
        value = int(digits) if len(digits) <= 20 else 2**64
        if not -(2**63) <= value < 2**63:
            odd_numbers[digits] += 1
        return value

    # A hook for every number is slow, so only a text that could hold a huge one gets it.
    hooks: dict[str, Any] = {"parse_float": number, "parse_int": integer} if may_contain_huge_number(raw) else {}
    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, **hooks)
    try:
        data = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise _UnreadableError(_syntax_problem(text, error)) from None
    except RecursionError:
        _refuse_depth_of(MAX_DEPTH + 1)
    # Looking for places reads the whole text once more, so only a text with something to place is looked through.
    if duplicates:
        problems.extend(_duplicate_problems(text, duplicates))
    if odd_numbers:
        problems.extend(_number_problems(text, odd_numbers))
    if may_contain_lone_surrogate(raw):
        problems.extend(_surrogate_problems(text))
    if not isinstance(data, dict):
        kind = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(type(data), "a number")
        place = line_and_column(text, len(text) - len(text.lstrip()))
        raise _UnreadableError(
            SidecarProblem(
                "not-an-object",
                f"the file contains {kind} instead of an object",
                *place,
                one_line(text.strip(), _SHOWN),
            )
        )
    return data


def _refuse_depth(text: str) -> None:
    brackets = _STRING.sub("", text).translate(_NOT_BRACKETS)
    steps = {"{": 1, "[": 1, "}": -1, "]": -1}
    depth = max(accumulate(steps.get(bracket, 0) for bracket in brackets), default=0)
    if depth > MAX_DEPTH:
        _refuse_depth_of(depth)


def _refuse_depth_of(depth: int) -> NoReturn:
    message = f"the values are nested {depth:,} levels deep; the limit is {MAX_DEPTH}"
    raise _UnreadableError(SidecarProblem("too-deep", message, found=str(depth)))


def _syntax_problem(text: str, error: json.JSONDecodeError) -> SidecarProblem:
    before = text[: error.pos].rstrip()
    position = error.pos
    found = text[error.pos : error.pos + 20].split("\n")[0]
    message = error.msg[0].lower() + error.msg[1:]
    if error.msg.startswith("Unterminated string"):
        message = "a string that begins here has no end; the file may have been cut off"
    elif error.pos >= len(text.rstrip()):
        message = f"the file ends too early ({message})"
    elif error.msg.startswith("Illegal trailing comma") or (before.endswith(",") and found[:1] in ("}", "]")):
        message = "there is a comma before the closing bracket"
        # Python 3.13 points at the comma, older ones at the bracket.
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


def _duplicate_problems(text: str, keys: Collection[str]) -> Iterator[SidecarProblem]:
    """The problems of keys that occur twice in one object, each at its second occurrence in that object."""
    for key, offset in islice(_second_occurrences(text, keys), _TOLD):
        message = f"the key {one_line(json.dumps(key), _SHOWN)} occurs twice in one object"
        yield SidecarProblem("duplicate-key", message, *line_and_column(text, offset), key)
    if len(keys) > _TOLD:
        yield SidecarProblem("duplicate-key", f"{len(keys) - _TOLD:,} more keys occur twice in one object")


def _second_occurrences(text: str, keys: Collection[str]) -> Iterator[tuple[str, int]]:
    told: set[str] = set()
    open_brackets: list[set[str]] = []  # for every one: the keys seen in it
    for match in _KEY_OR_BRACKET.finditer(text):
        token = match.group()
        if token in "{[":
            open_brackets.append(set())
        elif token in "}]":
            open_brackets.pop()
        elif match.group(2) and (key := json.loads(match.group(1))) in keys:
            if key in open_brackets[-1] and key not in told:
                told.add(key)
                yield key, match.start()
            open_brackets[-1].add(key)


def _number_problems(text: str, counts: Counter[str]) -> Iterator[SidecarProblem]:
    """The problems of numbers that not every reader holds, each at its first place outside a string."""
    for digits, offset in islice(_first_occurrences(text, counts), _TOLD):
        code, message = _number_fault(digits)
        if counts[digits] > 1:
            message += f" (it occurs {counts[digits]:,} times)"
        yield SidecarProblem(code, message, *line_and_column(text, offset), found=one_line(digits, _SHOWN))
    if len(counts) > _TOLD:
        yield SidecarProblem("huge-number", f"{len(counts) - _TOLD:,} more numbers do not fit into 64 bits")


def _first_occurrences(text: str, words: Collection[str]) -> Iterator[tuple[str, int]]:
    told: set[str] = set()
    for match in _STRING_OR_WORD.finditer(text):
        if (word := match.group()) in words and word not in told:
            told.add(word)
            yield word, match.start()


def _number_fault(digits: str) -> tuple[str, str]:
    shown = one_line(digits, _SHOWN)
    if digits.lstrip("-")[0].isalpha():
        return "not-a-number", f"{shown} is not JSON"
    if digits.lstrip("-").isdecimal():
        return "huge-number", f"the integer {shown} does not fit into a signed 64-bit integer"
    return "huge-number", f"the number {shown} does not fit into a 64-bit float"


def _surrogate_problems(text: str) -> Iterator[SidecarProblem]:
    alone = next((match for match in _SURROGATES.finditer(text) if match.group(1)), None)
    if alone:
        message = f"{alone.group()} is half of a surrogate pair and cannot be written as UTF-8"
        yield SidecarProblem("not-utf8", message, *line_and_column(text, alone.start()), found=alone.group())
