"""Reading one sidecar, strictly: what a lenient reader would let pass is found here."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import isfinite
from typing import Any, NoReturn

from aind_lint.asset.position import line_and_column

#: Kinds of sidecar, as aind-data-schema names them; the file is ``<kind>.json``.
#: ``mri_session`` was written until package 0.33.
KINDS = (
    "data_description",
    "subject",
    "procedures",
    "processing",
    "session",
    "rig",
    "acquisition",
    "instrument",
    "quality_control",
    "model",
    "mri_session",
)

SIDECARS = tuple(f"{kind}.json" for kind in KINDS)

#: Largest sidecar that is read, in bytes; the largest real one known has 3 MB.
MAX_SIZE = 64 * 2**20

#: Deepest nesting that is read; the deepest real sidecar known has under 20 levels.
MAX_DEPTH = 100

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = {i: None for i in range(128) if chr(i) not in "{}[]"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH, _LOW = r"\\u[dD][89aAbB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# An integer beyond 64 bits, or an exponent that could overflow a double.
_MAYBE_HUGE = re.compile(r"[0-9]{19}|[eE]\+?[0-9]{3}")
_LONE_SURROGATE_ESCAPE = re.compile(f"{_HIGH}(?!{_LOW})|(?<!{_HIGH}){_LOW}")


@dataclass(frozen=True)
class ReadProblem:
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


@dataclass(frozen=True)
class Sidecar:
    """One JSON file beside the data.

    Attributes:
        key: Path inside the asset.
        raw: The bytes as they were read; publishing sends these very bytes.
        text: The decoded text; empty when it could not be decoded.
        data: The JSON object; None when there is none.
        problems: What is wrong with the file as a file.
    """

    key: str
    raw: bytes
    text: str
    data: dict[str, Any] | None
    problems: tuple[ReadProblem, ...]

    @property
    def kind(self) -> str:
        """The kind that the file's name says: ``subject`` for ``subject.json``."""
        return self.key.rpartition("/")[2].removesuffix(".json")

    @cached_property
    def lines(self) -> list[str]:
        """The text by lines, without line ends."""
        return self.text.split("\n")


class _UnreadableError(Exception):
    def __init__(self, problem: ReadProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_sidecar(key: str, raw: bytes) -> Sidecar:
    """Read the bytes of one sidecar. Never raises: every fault is a problem of the result."""
    text = ""
    problems: list[ReadProblem] = []
    try:
        text = _decode(raw, problems)
        data = _parse(text, problems)
    except _UnreadableError as error:
        return Sidecar(key, raw, text, None, (*problems, error.problem))
    return Sidecar(key, raw, text, data, tuple(problems))


def oversized_sidecar(key: str, size: int) -> Sidecar:
    """A sidecar that is not read because of its size."""
    message = f"the file has {size:,} bytes; a sidecar over {MAX_SIZE:,} is not read"
    return Sidecar(key, b"", "", None, (ReadProblem("too-large", message, found=str(size)),))


def _decode(raw: bytes, problems: list[ReadProblem]) -> str:
    if not raw.strip():
        raise _UnreadableError(
            ReadProblem("not-json", "the file is empty" if not raw else "the file holds only white space")
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(raw) > 1 and 0 in raw[:2]):
        message = "the file is UTF-16, as Windows tools write it, not UTF-8"
        raise _UnreadableError(ReadProblem("not-utf8", message, 1, 1))
    if raw.startswith(b"\xef\xbb\xbf"):
        problems.append(ReadProblem("byte-order-mark", "the file begins with a byte order mark (BOM)", 1, 1))
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
        raise _UnreadableError(ReadProblem("not-utf8", message, *line_and_column(before, len(before)))) from None


def _parse(text: str, problems: list[ReadProblem]) -> dict[str, Any]:
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
    hooks: dict[str, Any] = {"parse_float": number, "parse_int": integer} if _MAYBE_HUGE.search(text) else {}
    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, **hooks)
    try:
        data = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise _UnreadableError(_syntax_problem(text, error)) from None
    except RecursionError:
        _refuse_depth_of(MAX_DEPTH + 1)
    problems.extend(_duplicate_problem(text, key) for key in duplicates)
    problems.extend(_number_problem(text, digits, count) for digits, count in odd_numbers.items())
    problems.extend(_surrogate_problems(text, data))
    if not isinstance(data, dict):
        kind = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(type(data), "a number")
        raise _UnreadableError(
            ReadProblem("not-an-object", f"the file holds {kind}, not an object", 1, 1, _shorten(text))
        )
    return data


def _refuse_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    brackets = _STRING.sub("", text).translate(_NOT_BRACKETS)
    steps = {"{": 1, "[": 1, "}": -1, "]": -1}
    depth = max(accumulate(steps.get(bracket, 0) for bracket in brackets), default=0)
    if depth > MAX_DEPTH:
        _refuse_depth_of(depth)


def _refuse_depth_of(depth: int) -> NoReturn:
    message = f"the values are nested {depth:,} levels deep; {MAX_DEPTH} are read"
    raise _UnreadableError(ReadProblem("too-deep", message, found=str(depth)))


def _syntax_problem(text: str, error: json.JSONDecodeError) -> ReadProblem:
    found = text[error.pos : error.pos + 20].split("\n")[0]
    message = error.msg[0].lower() + error.msg[1:]
    if error.msg.startswith("Unterminated string"):
        message = "a string that begins here has no end; the file may have been cut off"
    elif error.pos >= len(text.rstrip()):
        message = f"the file ends too early ({message})"
    elif (
        re.match(r"\s*[}\]]", text[error.pos :]) and text[: error.pos].rstrip().endswith(",")
    ) or error.msg.startswith("Illegal trailing comma"):
        message = "a comma stands before the closing bracket"
    elif found.startswith("'"):
        message = "strings need double quotes"
    elif found.startswith(("//", "/*", "#")):
        message = "JSON has no comments"
    elif error.msg.startswith("Invalid control character"):
        message = "a line break or another control character stands inside a string"
    elif error.msg == "Extra data":
        message = "something follows the end of the object"
    return ReadProblem("not-json", f"not JSON: {message}", error.lineno, error.colno, found or None)


def _number_problem(text: str, digits: str, count: int) -> ReadProblem:
    """The problem of a number that not every reader holds, at its first place outside a string."""
    shown = _shorten(digits)
    if digits.lstrip("-")[0].isalpha():
        code, message = "not-a-number", f"{shown} is not JSON"
    elif digits.lstrip("-").isdecimal():
        code, message = "huge-number", f"the integer {shown} does not fit into 64 bits"
    else:
        code, message = "huge-number", f"the number {shown} is beyond what a double holds"
    if count > 1:
        message += f" (it occurs {count:,} times)"
    outside_strings = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"(?<![\w.+-])" + re.escape(digits) + r"(?![\w.])", re.DOTALL)
    first = next(match for match in outside_strings.finditer(text) if not match.group().startswith('"'))
    return ReadProblem(code, message, *line_and_column(text, first.start()), found=shown)


def _duplicate_problem(text: str, key: str) -> ReadProblem:
    """The problem of a key that occurs twice in one object, at its second occurrence in that object."""
    offset = _second_occurrence(text, key)
    line, column = line_and_column(text, offset) if offset is not None else (None, None)
    return ReadProblem("duplicate-key", f"the key {json.dumps(key)} occurs twice in one object", line, column, key)


def _second_occurrence(text: str, key: str) -> int | None:
    stack: list[bool] = []  # for every open bracket: was the key seen in it?
    for match in re.finditer(r'("(?:[^"\\]|\\.)*")(\s*:)?|[{}\[\]]', text):
        digits = match.group()
        if digits in "{[":
            stack.append(False)
        elif digits in "}]":
            stack.pop()
        elif match.group(2) and json.loads(match.group(1), strict=False) == key:
            if stack[-1]:
                return match.start()
            stack[-1] = True
    return None


def _surrogate_problems(text: str, data: Any) -> list[ReadProblem]:
    if not _LONE_SURROGATE_ESCAPE.search(text) or not _SURROGATE.search(json.dumps(data, ensure_ascii=False)):
        return []
    match = _LONE_SURROGATE_ESCAPE.search(text)
    assert match is not None
    message = f"{match.group()} is half of a character and cannot be written as UTF-8"
    return [ReadProblem("not-utf8", message, *line_and_column(text, match.start()), found=match.group())]


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"
