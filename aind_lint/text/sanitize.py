"""Text from outside, made harmless: names and values are written by whoever made the asset."""

from __future__ import annotations

import re
import unicodedata

_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    "|[\U000e0000-\U000e007f]"
    "|#(?=#\\[)"  # ##[error] is a command to GitHub, anywhere in a line
)
_SURROGATES = re.compile("[\ud800-\udfff]")

#: Characters of one value that a person is shown.
_LONGEST = 1000


def sanitize(text: str) -> str:
    r"""The text, cropped, with control, bidirectional and invisible characters written as escapes: ``\x1b``.

    What is left cannot move the cursor, recolour the screen, start a new line, reorder what is read, flood it, or
    command a machine that reads along.
    """
    text = _HARMFUL.sub(_escape, crop(text, _LONGEST))
    # ::error:: is a command to GitHub at the beginning of a line, where this text may come to stand.
    return text.replace(":", "\\x3a", 1) if text.lstrip().startswith("::") else text


def crop(text: str, limit: int) -> str:
    """The text, or its beginning and its length."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def encodable(text: str) -> str:
    r"""The text with what UTF-8 cannot hold, such as the odd bytes of a file's name, as escapes: ``\udcff``."""
    return _SURROGATES.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    named = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    return named or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def width(text: str) -> int:
    """How many columns of a terminal an inert text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
