"""Texts cut for messages, names of characters, and their equivalents in ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

#: Length of a message that quotes the content of files, in characters.
MESSAGE_LENGTH = 240

_UNPRINTABLE = {"Cc": "a control character", "Cs": "a lone surrogate", "Co": "a private character"}


def shorten(text: str) -> str:
    """A text cut to 60 characters."""
    return text if len(text) <= 60 else f"{text[:57]}…"


def one_line(text: str, length: int = MESSAGE_LENGTH) -> str:
    """A text in one line, cut to ``length`` characters."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def name_characters(characters: Collection[str]) -> str:
    """The names of the first two characters, and the number of the others."""
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


def to_ascii(text: str) -> str:
    """The text with digits, dashes and full-width characters replaced by their ASCII equivalents, one for one."""
    return "".join(_ascii_character(character) for character in text)


def _ascii_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if "\N{FULLWIDTH EXCLAMATION MARK}" <= character <= "\N{FULLWIDTH TILDE}":
        return chr(ord(character) - ord("\N{FULLWIDTH EXCLAMATION MARK}") + ord("!"))
    return character
