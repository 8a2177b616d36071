"""The one glob dialect, of configurations and of rule files.

==========  ====================================================================================
``*``       any characters within one part of a path, also none; parts are separated by ``/``
``?``       one character within a part
``[abc]``   one of these characters; ``[a-c]`` a range, ``[!abc]`` any other character
``**``      as a whole part: any number of parts, also none; ``a/**`` matches ``a`` and all below it
==========  ====================================================================================

A glob is compared with the whole path, and case counts. There is no escape character: ``[*]`` is a literal asterisk.
"""

from __future__ import annotations

import fnmatch
import re
from functools import cache

_WILDCARD = re.compile(r"[*?\[]")
#: Any number of parts, each with its slash. A part may be empty, as the one in ``s3://bucket``.
_ANY_PARTS = "(?:[^/]*/)*"


@cache
def compile_globs(globs: tuple[str, ...], ignore_case: bool = False) -> re.Pattern[str]:
    """A regular expression; its ``fullmatch`` decides whether a path matches one of the globs.

    Args:
        globs: None at all match nothing.
        ignore_case: Match letters of any case.
    """
    alternatives = "|".join(translate_glob(glob) for glob in globs)
    return re.compile(alternatives if globs else "(?!)", re.IGNORECASE if ignore_case else 0)


def has_wildcards(glob: str) -> bool:
    """Whether a glob may match more than one path."""
    return _WILDCARD.search(glob) is not None


def translate_glob(glob: str) -> str:
    """The regular expression of a glob, without anchors."""
    parts = _parts(glob)
    *leading, last = parts
    pattern = "".join(_ANY_PARTS if part == "**" else f"{_translate_part(part)}/" for part in leading)
    if last != "**":
        return pattern + _translate_part(last)
    return f"{pattern.removesuffix('/')}(?:/[^/]*)*" if leading else f"{_ANY_PARTS}[^/]*"


def literal_texts(glob: str) -> list[str]:
    """The texts before, between and after the wildcards of a glob; every path that matches contains each of them."""
    texts = [""]
    parts = _parts(glob)
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        if part == "**":
            if is_last:  # "a/**" also matches "a"
                texts[-1] = texts[-1].removesuffix("/")
            texts.append("")
            continue
        for token in _tokens(part):
            if token == "*" or token == "?" or (token.startswith("[") and len(token) > 1):
                texts.append("")
            else:
                texts[-1] += token
        if not is_last:
            texts[-1] += "/"
    return texts


def _parts(glob: str) -> list[str]:
    """The parts of a glob; several ``**`` in a row mean the same as one, and would take exponential time."""
    parts: list[str] = []
    for part in glob.split("/"):
        if part != "**" or parts[-1:] != ["**"]:
            parts.append(part)
    return parts


def _translate_part(part: str) -> str:
    pattern = ""
    for token in _tokens(part):
        if token == "*":
            pattern += "[^/]*"
        elif token == "?":
            pattern += "[^/]"
        elif token.startswith("[") and len(token) > 1:
            # fnmatch.translate returns "(?s:[abc])" and an anchor; only the set is wanted, and no slash in it.
            pattern += f"(?!/){fnmatch.translate(token).removeprefix('(?s:').rpartition(')')[0]}"
        else:
            pattern += re.escape(token)
    return pattern


def _tokens(part: str) -> list[str]:
    """A part of a glob as wildcards and single characters; asterisks in a row are one."""
    tokens: list[str] = []
    position = 0
    while position < len(part):
        token = part[position]
        if token == "[":
            # As in fnmatch: "]" right after "[" or "[!" belongs to the set, and "[" without "]" is a literal.
            start = position + (2 if part[position + 1 : position + 2] == "!" else 1)
            end = part.find("]", start + 1)
            token = part[position : end + 1] if end >= 0 else token
        position += len(token)
        if token != "*" or tokens[-1:] != ["*"]:
            tokens.append(token)
    return tokens
