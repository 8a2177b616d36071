"""What the text of a sidecar may hold, told from its bytes at the speed of memory.

A search that must tell strings from values takes longer than reading the JSON itself. These tell whether it is needed:
they may say yes where there is nothing, and never no where there is something.
"""

from __future__ import annotations

#: Digits as 0, what an exponent is written with as it is, and everything else as a space.
_NUMBERS = bytes(
    ord("0") if chr(i).isdigit() and i < 128 else ord("e") if chr(i) in "eE" else i if i == ord("+") else ord(" ")
    for i in range(256)
)
#: Both kinds of brackets as one, which is enough where the JSON is sound.
_BRACKETS = bytes.maketrans(b"[]", b"{}")
_NOT_BRACKETS = bytes(i for i in range(256) if i not in b"{}[]")


def may_contain_huge_number(raw: bytes) -> bool:
    """Whether there may be an integer beyond 64 bits, or an exponent that could overflow a double."""
    numbers = raw.translate(_NUMBERS)
    return any(run in numbers for run in (b"0" * 19, b"e000", b"e+000"))


def may_contain_lone_surrogate(raw: bytes) -> bool:
    """Whether there may be an escape that stands for half of a character."""
    return b"\\ud" in raw or b"\\uD" in raw


def may_exceed_depth(raw: bytes, levels: int) -> bool:
    """Whether values may be nested in more than so many levels: brackets are taken off in pairs, a level at a time."""
    if b'\\"' in raw:
        return True  # strings do not end where the next quote is
    brackets = b"".join(raw.split(b'"')[::2]).translate(_BRACKETS, _NOT_BRACKETS)
    for _ in range(levels):
        outer = brackets.replace(b"{}", b"")
        if len(outer) == len(brackets):
            break  # none are left, or the JSON is broken
        brackets = outer
    return bool(brackets)
