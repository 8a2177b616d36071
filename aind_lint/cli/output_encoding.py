"""The characters of standard output and standard error, which must survive every encoding that Windows uses."""

from __future__ import annotations

import codecs
import os
import sys
from io import TextIOWrapper

#: ASCII for characters in our own texts that an encoding can lack.
_ASCII = {"·": "-", "…": "...", "→": "->", "–": "-", "—": "-", "µ": "u", "×": "x"}


def accept_every_character() -> None:
    """Write what the encoding of a stream lacks in ASCII, instead of failing.

    On Windows the reader of a pipe or file does not know its encoding: Python writes the ANSI code page (cp1252),
    PowerShell and ``more`` expect that of the console (cp437), Git and editors UTF-8. ASCII is the same in all of them.
    A terminal, UTF-8 mode and ``PYTHONIOENCODING`` keep their encoding.
    """
    codecs.register_error("ascii-equivalent", _to_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="ascii" if _is_ambiguous(stream) else None, errors="ascii-equivalent")


def _is_ambiguous(stream: TextIOWrapper) -> bool:
    chosen = sys.flags.utf8_mode or os.environ.get("PYTHONIOENCODING")
    return os.name == "nt" and not chosen and not stream.isatty()


def _to_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_ASCII.get(c) or c.encode("ascii", "backslashreplace").decode("ascii") for c in text), error.end
