"""Fast scans of the bytes of a sidecar, which decide whether a slow search for problems is needed.

A search that has to distinguish strings from values takes longer than parsing the JSON. A scan can have false
positives, but no false negatives.
"""

from __future__ import annotations

#: Translates digits to 0 and everything that is not part of a number to a space.
_NUMBERS = bytes(
    ord("0") if chr(i).isdigit() and i < 128 else ord("e") if chr(i) in "eE" else i if i == ord("+") else ord(" ")
    for i in range(256)
)
#: Translates brackets to braces. In valid JSON they are balanced, so one kind is enough.
_BRACKETS = bytes.maketrans(b"[]", b"{}")
_NOT_BRACKETS = bytes(i for i in range(256) if i not in b"{}[]")


def may_contain_huge_number(raw: bytes) -> bool:
    """Whether there can be an integer of more than 64 bits, or an exponent that overflows a double."""
    numbers = raw.translate(_NUMBERS)
    return any(run in numbers for run in (b"0" * 19, b"e000", b"e+000"))


def may_contain_lone_surrogate(raw: bytes) -> bool:
    """Whether there can be an escape for a surrogate."""
    return b"\\" in raw and (b"\\ud" in raw or b"\\uD" in raw)


def may_exceed_depth(raw: bytes, levels: int) -> bool:
    """Whether values can be nested deeper than ``levels``. Each round removes the innermost pairs of brackets."""
    if raw.count(b"{") + raw.count(b"[") <= levels:
        return False
    plain = raw.replace(b"\\\\", b"").replace(b'\\"', b"")  # the escapes that matter for where a string ends
    brackets = b"".join(plain.split(b'"')[::2]).translate(_BRACKETS, _NOT_BRACKETS)
    for _ in range(levels):
        remaining = brackets.replace(b"{}", b"")
        if len(remaining) == len(brackets):
            break  # nothing is left, or the JSON is invalid
        brackets = remaining
    return bool(brackets)
