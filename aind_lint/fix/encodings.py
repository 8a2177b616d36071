"""The encoding of a file that is not UTF-8: proven by a byte order mark, or named by the user."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from aind_lint.errors import UsageError

UTF8_BOM = "utf-8-sig"
#: Byte order marks with the encoding that each proves; the longer ones first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, UTF8_BOM),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class DecodedFile:
    """The text of a file, and the encoding it was in.

    Attributes:
        text: The text, without a byte order mark.
        encoding: The encoding.
    """

    text: str
    encoding: str


def decode_by_mark(raw: bytes) -> DecodedFile | None:
    """The text of a file that begins with a byte order mark; None if there is none, or it is wrong."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decode(raw[len(mark) :], "utf-8" if encoding == UTF8_BOM else encoding, shown=encoding)
    return None


def decode_as(raw: bytes, encoding: str) -> DecodedFile | str:
    """The text of a file in an encoding that the user names; the reason if the file is certainly in another one."""
    if raw.startswith(tuple(mark for mark, _ in _MARKS)):
        return "a byte order mark shows another encoding"
    if _is_single_byte(encoding) and any(not character.isascii() for character in raw.decode("utf-8", "ignore")):
        return "a part of it is UTF-8, so it mixes two encodings; write the file again with the program that made it"
    decoded = _decode(raw, encoding, shown=encoding)
    if decoded is None:
        return f"its bytes are not JSON in {encoding}"
    if any("\x7f" <= character < "\xa0" for character in decoded.text):
        return f"it would contain control characters in {encoding}; cp1252 is usual on Windows"
    return decoded


def require_encoding(name: str) -> str:
    """The standard name of an encoding of text.

    Raises:
        UsageError: There is no such encoding, or its name does not say the order of bytes.
    """
    try:
        found = codecs.lookup(name)
        "{}".encode(found.name)
    except (LookupError, UnicodeError):
        message = f"'{name}' is not an encoding of text; name the one of the file, such as cp1252 or latin-1"
        raise UsageError(message) from None
    if found.name in ("utf-16", "utf-32"):
        raise UsageError(f"'{name}' does not say the order of bytes; write {name}-le (usual on Windows) or {name}-be")
    return found.name


def decoded_letters(decoded: DecodedFile) -> list[str]:
    """The characters beyond ASCII of a decoded file, each once, with the word around its first occurrence."""
    words: dict[str, str] = {}
    for word in decoded.text.split():
        for character in word:
            if not character.isascii():
                words.setdefault(character, word.strip('",:'))
    return [f"{character} in {word}" for character, word in words.items()]


def _decode(raw: bytes, encoding: str, shown: str) -> DecodedFile | None:
    """The text, if it can be encoded as the same bytes again and is that of a JSON object."""
    try:
        text = raw.decode(encoding)
        is_lossless = text.encode(encoding) == raw
    except UnicodeError:
        return None
    text = text.lstrip("\ufeff")
    is_object = text.lstrip().startswith("{") and "\0" not in text
    return DecodedFile(text, shown) if is_lossless and (is_object or shown == UTF8_BOM) else None


def _is_single_byte(encoding: str) -> bool:
    return len(bytes(range(256)).decode(encoding, "replace")) == 256
