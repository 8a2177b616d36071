"""What the parsers of formats report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something that is wrong in a file or store.

    Attributes:
        kind: What is wrong, as rule files name it: ``chunk-missing``.
        message: What is wrong, in one line.
        file: Key of the file in the asset.
        pointer: JSON pointer to the value, in a JSON file.
        found: The offending value.
        expected: The correct value.
        fix: What to do, if this is more precise than the text of the rule.
    """

    kind: str
    message: str
    file: str
    pointer: str | None = None
    found: str | None = None
    expected: str | None = None
    fix: str | None = None


@dataclass(frozen=True)
class NotRead:
    """Something that could not be checked.

    Attributes:
        kinds: The kinds of problems that would have been found; all of the format if empty.
        reason: Why, in a few words.
        file: Key of the file in the asset.
    """

    kinds: tuple[str, ...]
    reason: str
    file: str


#: What a parser of a format yields.
Result = Problem | NotRead
