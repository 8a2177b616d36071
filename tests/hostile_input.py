"""Names and sidecars made to be slow to read. Tests read them; ``benchmarks/hostile_input.py`` measures the time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from aind_lint.asset.naming.grammar import MAX_LENGTH

_RAW, _MORE = "123456_2022-12-12_05-06-07", "_2022-12-13_05-06-07"
#: Names made to be slow to parse, by what they are.
HOSTILE_NAMES = {
    "underscores": "_" * 10_000,
    "letters": "a" * 10_000,
    "digits": "1" * MAX_LENGTH,
    "years": "2022-" * 51,
    "loose dates": "2022-1-1_" * 28,
    "compact dates": "20221212_" * 28,
    "spaced dates": "2022-1-1 " * 28,
    "almost stamps": "2022-12-12_05-06-_" * 14,
    "impossible stamps": "2022-13-13_25-61-61_" * 12,
    "stamps with colons": "123456_2022:12:12_05:06:07_" * 9,
    "stamps without labels": _RAW + _MORE * 11,
    "chain": _RAW + "".join(f"_{letter}{_MORE}" for letter in "abcdefghij"),
    "chain of labels with underscores": _RAW + "".join(f"_{letter}_b{_MORE}" for letter in "abcdefghi"),
    "chain of labels with spaces": _RAW + "".join(f"_{letter} b{_MORE}" for letter in "abcdefghi"),
    "chain of labels with bars": _RAW + "".join(f"_{letter}|b{_MORE}" for letter in "abcdefghi"),
    "chain in Arabic digits": (_RAW + "".join(f"_{letter}_b{_MORE}" for letter in "abcdefghi")).replace("2", "\u0662"),
    "chain with double underscores": _RAW + "".join(f"__{letter}_b{_MORE}" for letter in "abcdefghi"),
    "chain of loose dates": "1_20221212_050607" + "".join(f"_{letter}_b_20221213_050607" for letter in "abcdefghi"),
    "short words": "a_" * 127,
    "almost prefixes": "ecephy_" * 36,
    "long prefix": "ecephys" * 30 + "_123456" + _MORE,
    "many prefixes": "multiplane-ophys_" * 13 + _RAW,
    "fraction": f"{_RAW}.{'9' * 200}",
    "ideographs": "".join(chr(0x4E00 + number) for number in range(MAX_LENGTH)),
    "control characters": "".join(map(chr, range(200))),
    "surrogates": "\ud800" * MAX_LENGTH,
    "surrogates, more": "\ud800" * 10_000,
    "stamps, more": _RAW + _MORE * 500,
}

#: Sidecars made to be slow to read, by what they are. Made on demand: together they are 40 MB.
HOSTILE_SIDECARS: dict[str, Callable[[], bytes]] = {
    "quotes": lambda: b'"' * 3_000_000,
    "backslashes": lambda: b'"' + b"\\" * 3_000_001,
    "open string of quotes": lambda: b'"' + b'\\"' * 1_000_000 + b"[" * 200,
    "open string at the end": lambda: b"[" * 101 + b"]" * 101 + b'"' + b'\\"' * 1_000_000 + b"\\",
    "string of quotes": lambda: b'{"a": "' + b'\\"' * 1_000_000 + b"[" * 200 + b'"}',
    "long string": lambda: b'{"a": "' + b"x" * 5_000_000 + b"[" * 200 + b'", "b": NaN}',
    "line ends": lambda: b'{"a": 1,' + b"\n" * 3_000_000,
    "surrogates": lambda: b'{"a": "' + b"\\ud83d\\ude00" * 300_000 + b'\\ud83d"}',
    "long float": lambda: b'{"a": ' + b"1" * 1_000_000 + b".5}",
    "long integer": lambda: b'{"a": ' + b"1" * 1_000_000 + b"}",
    "brackets": lambda: b"[" * 1_000_000,
    "nested objects": lambda: b'{"a":' * 1_000_000,
    "equal keys in one object": lambda: _object(f'"k{i}": 1,\n"k{i}": 2' for i in range(100_000)),
    "equal keys in many objects": lambda: b'{"items": [' + b",".join([b'{"a": 1, "a": 2}'] * 10_000) + b"]}",
    "huge numbers": lambda: json.dumps({"a": [2**64 + i for i in range(100_000)]}, indent=0).encode(),
    "not a number": lambda: b'{"a": [' + b",".join([b"NaN"] * 100_000) + b"]}",
}


def _object(members: Iterable[str]) -> bytes:
    return ("{" + ",\n".join(members) + "}").encode()
