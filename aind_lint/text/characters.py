"""Characters as people name them, and what stands for them in ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

#: Characters of a message that is made of what files hold.
MESSAGE_LENGTH = 240

_UNPRINTABLE = {"Cc": "a control character", "Cs": "a lone surrogate", "Co": "a private character"}


def shorten(text: str) -> str:
    """A text cut to what fits into a message."""
    return text if len(text) <= 60 else f"{text[:57]}…"


def one_line(text: str, length: int = MESSAGE_LENGTH) -> str:
    """A text in one line of at most ``length`` characters."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def name_characters(characters: Collection[str]) -> str:
    """The first two of some characters by name, and how many more there are."""
    more = f" and {len(characters) - 2} more" if len(characters) > 2 else ""
    return ", ".join(_name_character(character) for character in list(characters)[:2]) + more


def _name_character(character: str) -> str:
    if character == " ":
        return "a space"
    if character.isascii() and character.isprintable():
        return f"'{character}'"
    default = {"\n": "a line break", "\t": "a tab", "\r": "a carriage return"}.get(
        character, _UNPRINTABLE.get(unicodedata.category(character), "an unknown character")
    )
    return f"{shorten(unicodedata.name(character, default))} (U+{ord(character):04X})"


def in_ascii(text: str) -> str:
    """The name with the digits, dashes and full-width characters of other scripts as ASCII has them, one for one."""
    return "".join(_ascii_character(character) for character in text)


def _ascii_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if "\N{FULLWIDTH EXCLAMATION MARK}" <= character <= "\N{FULLWIDTH TILDE}":
        return chr(ord(character) - ord("\N{FULLWIDTH EXCLAMATION MARK}") + ord("!"))
    return character
