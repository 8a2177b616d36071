"""Untrusted text made safe to print: the names and values of an asset can contain anything."""

from __future__ import annotations

import re
import unicodedata

_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    "|[\U000e0000-\U000e007f]"
    "|#(?=#\\[)"  # ##[error] is a command to GitHub anywhere in a line
)

#: Length of one printed value, in characters.
_MAX_LENGTH = 1000


def sanitize(text: str) -> str:
    r"""The text, truncated, with control, bidirectional and invisible characters as escapes: ``\x1b``.

    The result cannot move the cursor, change colors, start a new line, reorder the text around it, flood the terminal,
    or contain a workflow command for GitHub.
    """
    text = _HARMFUL.sub(_escape, truncate(text, _MAX_LENGTH))
    # ::error:: is a command to GitHub at the beginning of a line, and this text can be printed there.
    return text.replace(":", "\\x3a", 1) if text.lstrip().startswith("::") else text


def truncate(text: str, limit: int) -> str:
    """The text, or its first ``limit`` characters and its length."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def escape_surrogates(text: str) -> str:
    r"""The text with lone surrogates, such as undecodable bytes of a file name, as escapes: ``\udcff``."""
    return re.sub("[\ud800-\udfff]", _escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    named = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    return named or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def display_width(text: str) -> int:
    """The number of terminal columns that a sanitized text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
