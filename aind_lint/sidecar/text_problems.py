"""Problems in the text of a sidecar that a JSON parser accepts: duplicate keys, huge numbers, lone surrogates."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from aind_lint.text.characters import one_line
from aind_lint.text.json_position import line_and_column
from aind_lint.text.json_scanner import mask_escapes

#: Problems of one kind that are reported for one file; the others are counted.
_MAX_REPORTED = 20
#: Characters of a text that a message shows.
MAX_SHOWN = 40

# For a text without escapes: a pattern with them takes 60 bytes of memory for each escape. The closing quote is
# optional, so that the search in a broken file with many quotes takes linear time.
_STRING = '"[^"]*"?'
_KEY_OR_BRACKET = re.compile(rf"({_STRING})(\s*:)?|[{{}}\[\]]")
_STRING_OR_WORD = re.compile(rf"{_STRING}|[^\s\"{{}}\[\],:]+")
# Matches escaped backslashes, complete pairs, and (in group 1) lone surrogates.
_SURROGATES = re.compile(r"\\\\|\\u[dD][89aAbB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)")


@dataclass(frozen=True)
class SidecarProblem:
    """A problem that makes a sidecar unreadable for all or some JSON parsers.

    Attributes:
        code: The kind of problem. Every code but `NOT_READ` is the ``problem`` option of one SID rule.
        message: What is wrong.
        line: The line, from 1, if the problem has a position.
        column: The column, from 1.
        found: The offending text.
    """

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    found: str | None = None


def duplicate_key_problems(text: str, keys: Collection[str]) -> Iterator[SidecarProblem]:
    """The problems of keys that occur twice in one object, at the second occurrence of each."""
    for key, offset in islice(_second_occurrences(text, keys), _MAX_REPORTED):
        message = f"the key {one_line(json.dumps(key), MAX_SHOWN)} occurs twice in one object"
        yield SidecarProblem("duplicate-key", message, *line_and_column(text, offset), key)
    if len(keys) > _MAX_REPORTED:
        yield SidecarProblem("duplicate-key", f"{len(keys) - _MAX_REPORTED:,} more keys occur twice in one object")


def _second_occurrences(text: str, keys: Collection[str]) -> Iterator[tuple[str, int]]:
    reported: set[str] = set()
    open_objects: list[set[str]] = []  # the keys seen in each object that is not closed yet
    for match in _KEY_OR_BRACKET.finditer(mask_escapes(text)):
        token = match.group()
        if token in "{[":
            open_objects.append(set())
        elif token in "}]":
            open_objects.pop()
        elif match.group(2) and (key := json.loads(text[slice(*match.span(1))], strict=False)) in keys:
            if key in open_objects[-1] and key not in reported:
                reported.add(key)
                yield key, match.start()
            open_objects[-1].add(key)


def number_problems(text: str, counts: Counter[str]) -> Iterator[SidecarProblem]:
    """The problems of numbers that not every JSON parser can represent, at the first occurrence of each."""
    for digits, offset in islice(_first_occurrences(text, counts), _MAX_REPORTED):
        code, message = _describe_number(digits)
        if counts[digits] > 1:
            message += f" (it occurs {counts[digits]:,} times)"
        yield SidecarProblem(code, message, *line_and_column(text, offset), found=one_line(digits, MAX_SHOWN))
    if len(counts) > _MAX_REPORTED:
        yield SidecarProblem("huge-number", f"{len(counts) - _MAX_REPORTED:,} more numbers do not fit into 64 bits")


def _first_occurrences(text: str, words: Collection[str]) -> Iterator[tuple[str, int]]:
    reported: set[str] = set()
    for match in _STRING_OR_WORD.finditer(mask_escapes(text)):
        if (word := match.group()) in words and word not in reported:
            reported.add(word)
            yield word, match.start()


def _describe_number(digits: str) -> tuple[str, str]:
    shown = one_line(digits, MAX_SHOWN)
    if digits.lstrip("-")[0].isalpha():
        return "not-a-number", f"{shown} is not JSON"
    if digits.lstrip("-").isdecimal():
        return "huge-number", f"the integer {shown} does not fit into a signed 64-bit integer"
    return "huge-number", f"the number {shown} does not fit into a 64-bit float"


def surrogate_problems(text: str) -> Iterator[SidecarProblem]:
    """The problem of the first escape that is one half of a surrogate pair."""
    alone = next((match for match in _SURROGATES.finditer(text) if match.group(1)), None)
    if alone:
        message = f"{alone.group()} is half of a surrogate pair and cannot be written as UTF-8"
        yield SidecarProblem("not-utf8", message, *line_and_column(text, alone.start()), found=alone.group())
