"""Lines that fit the width of a terminal."""

from __future__ import annotations

import re

from aind_lint.text.sanitize import display_width

#: Narrower terminals are treated like this: a word and its indentation would not fit.
_MIN_WIDTH = 30

_COLOR_CODE = re.compile("\x1b\\[[0-9;]*m")


def wrap(line: str, width: int | None, indent: int) -> str:
    """The line, broken between words; a longer word keeps its length, so that paths and commands can be copied.

    Args:
        line: A line of sanitized text, which may contain color codes.
        width: Columns of the terminal; None keeps the line whole.
        indent: Columns before the second and later lines.
    """
    if width is None or columns(line) <= width:
        return line
    width = max(width, _MIN_WIDTH)
    start = len(line) - len(line.lstrip(" "))
    lines, current, used = [], line[:start], start
    for number, word in enumerate(line[start:].split(" ")):
        size = columns(word)
        # GitHub reads a line that begins with :: as a command, so no line may begin there.
        if number and used + 1 + size > width and used > indent and not word.startswith("::"):
            lines.append(current)
            current, used = " " * indent + word, indent + size
        else:
            current, used = f"{current} {word}" if number else current + word, used + size + bool(number)
    return "\n".join([*lines, current])


def columns(text: str) -> int:
    """The columns that a text takes in a terminal, without its color codes."""
    return display_width(_COLOR_CODE.sub("", text))
