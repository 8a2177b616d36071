"""Can every file be an object in the bucket, and have a unique name on every operating system?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited, report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import name_characters, shorten

#: S3 allows keys of at most so many bytes, the asset's name and the destination's prefix included.
MAX_KEY_BYTES = 1024

#: Control characters, backslashes, and bytes that were no UTF-8 in the file system.
_UNUSABLE = re.compile("[\x00-\x1f\x7f\\\\\ud800-\udfff]")
_UNUSABLE_NAMES = {"\\": "a backslash", "\n": "a line break", "\r": "a line break", "\t": "a tab"}
#: Characters that make trouble in a name.
_CHARACTERS = {"windows": '<>:"|?*', "awkward": "{}^%[]~`", "space": " #"}
#: Numbers of serial and parallel ports.
_PORTS = "0123456789\u00b9\u00b2\u00b3"
_PATTERNS = {
    # Names of devices in every folder of Windows, whatever ending they have.
    "reserved": re.compile(
        rf"(?<![^/])(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[{_PORTS}])(?:\.[^/]*)?(?![^/])",
        re.IGNORECASE,
    ),
    "trailing": re.compile(r"[. ](?![^/])"),
    **{problem: re.compile(f"[{re.escape(characters)}]") for problem, characters in _CHARACTERS.items()},
}
#: Lower-case texts, one of which must occur before a pattern can match: a fast test over all keys at once.
_HINTS = {
    "reserved": (
        "/con.",
        "/con/",
        "/prn.",
        "/prn/",
        "/aux.",
        "/aux/",
        "/nul.",
        "/nul/",
        "/conin$",
        "/conout$",
        *(f"/{port}{digit}" for port in ("com", "lpt") for digit in _PORTS),
    ),
    "trailing": ("./", " /"),
    **_CHARACTERS,
}
_DESCRIPTIONS = {
    "reserved": "is a reserved device name on Windows",
    "trailing": "ends with a dot or a space",
    "windows": "contains {}, which Windows does not allow in names",
    "awkward": "contains {}",
    "space": "contains {}",
}


class Options(verb.Options):
    """What to report.

    Attributes:
        problem: ``unusable``: keys that S3 refuses or stores, although no client can address them afterwards;
            ``collision``: keys that differ only in case or Unicode form; ``decomposed``: keys that are not in Unicode's
            composed form; ``reserved``, ``trailing``, ``windows``, ``awkward`` and ``space``: names that some systems
            do not support.
        exempt_folders: Folders at the root whose keys are not checked.
        exempt_names: A regular expression of names of files and folders that are allowed.
    """

    problem: Literal["unusable", "collision", "decomposed", "reserved", "trailing", "windows", "awkward", "space"]
    exempt_folders: list[str] = []
    exempt_names: str | None = None


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such key."""
    if options.problem == "unusable":
        yield from report_limited(_unusable(asset, context))
    elif options.problem == "collision":
        yield from report_limited(_collisions(asset))
    elif options.problem == "decomposed":
        yield from _decomposed(asset)
    else:
        yield from _problem_characters(asset, options)


def _unusable(asset: Asset, context: CheckContext) -> Iterator[Fault]:
    prefix = f"{_prefix(context)}{asset.listing.name}/"
    available = MAX_KEY_BYTES - len(prefix.encode("utf-8", "surrogatepass"))
    blocks = asset.listing.key_index.files.blocks()
    # Whole blocks of keys are tested first: that takes a tenth of the time. Every unusable character but the backslash
    # is one that cannot be printed.
    texts = ((keys, "".join(keys)) for keys in blocks)
    suspect = (
        keys
        for keys, text in texts
        if not text.isprintable() or "\\" in text or len(max(keys, key=len)) * 4 > available
    )
    for key in chain.from_iterable(suspect):
        if match := _UNUSABLE.search(key):
            found = match.group()
            what = _UNUSABLE_NAMES.get(found) or f"the character U+{ord(found):04X}"
            if "\udc80" <= found <= "\udcff":  # Python's form of a byte that is not UTF-8
                what = f"the byte {ord(found) - 0xDC00:02X}, which is not UTF-8"
            yield Fault(f"{key} contains {what}", key, found=key)
        # A character of UTF-8 has at most four bytes, so short keys need no encoding.
        elif len(key) * 4 > available and len(key.encode("utf-8")) > available:
            size = len(key.encode("utf-8"))
            message = f"{key[:60]}… has {size:,} bytes, but only {max(available, 0):,} fit after {shorten(prefix)}"
            yield Fault(message, key, found=key)


def _prefix(context: CheckContext) -> str:
    """The prefix of the destination before the asset's name: ``lab/`` of ``s3://bucket/lab``."""
    address = context.store.url if context.store else ""
    if not address.startswith("s3://"):
        return ""
    prefix = address.removeprefix("s3://").partition("/")[2].strip("/")
    return f"{prefix}/" if prefix else ""


def _collisions(asset: Asset) -> Iterator[Fault]:
    keys = asset.listing.key_index.files
    texts = ("".join(block) for block in keys.blocks())
    if all(text.isascii() and text == text.casefold() for text in texts):
        return  # every key is its own form, as in many data sets
    # A bit for every form seen: the texts of a million keys would take hundreds of megabytes.
    slots = 128 * len(keys) + 1
    seen, suspect = bytearray(slots // 8 + 1), set()
    for key in keys:
        slot = hash(_form(key)) % slots
        bit = 1 << slot % 8
        if seen[slot // 8] & bit:
            suspect.add(slot)
        seen[slot // 8] |= bit
    first: dict[str, str] = {}
    for key in keys if suspect else ():
        form = _form(key)
        if hash(form) % slots in suspect and (other := first.setdefault(form, key)) != key:
            yield Fault(_describe_collision(key, other), key, found=key, related=((other, None),))


def _describe_collision(key: str, other: str) -> str:
    if unicodedata.normalize("NFC", key) != unicodedata.normalize("NFC", other):
        return f"{key} and {other} differ only in case"
    # They look the same, so show where they differ.
    position = next((i for i, pair in enumerate(zip(key, other, strict=False)) if len(set(pair)) > 1), 0)
    forms = [ascii(text[position : position + 2])[1:-1] for text in (key, other)]
    return f"{key} and {other} look the same and differ only in the form of a character: {forms[0]} and {forms[1]}"


def _form(key: str) -> str:
    return (key if key.isascii() else unicodedata.normalize("NFC", key)).casefold()


def _decomposed(asset: Asset) -> Iterator[Fault]:
    keys = asset.listing.key_index.files
    suspect = (block for block in keys.blocks() if not "".join(block).isascii())
    found = ((key, 1) for key in chain.from_iterable(suspect) if not unicodedata.is_normalized("NFC", key))
    yield from report_limited_keys(found, lambda key: "contains a letter and its accent as two characters")


def _problem_characters(asset: Asset, options: Options) -> Iterator[Fault]:
    keys, pattern, description = asset.listing.key_index, _PATTERNS[options.problem], _DESCRIPTIONS[options.problem]
    if not keys.contains_any(_HINTS[options.problem]):
        return
    is_of_characters = options.problem in _CHARACTERS
    allowed = tuple(f"{folder}/" for folder in options.exempt_folders)
    checked = (key for key in keys.files if not key.startswith(allowed)) if allowed else keys.files
    exempt = re.compile(options.exempt_names or "(?!)", re.ASCII)
    found = keys.matching_names(pattern, checked)
    yield from report_limited_keys(
        ((key, count) for key, count in found if not exempt.fullmatch(key.rpartition("/")[2])),
        lambda key: description.format(name_characters(_characters(pattern, key))) if is_of_characters else description,
    )


def _characters(pattern: re.Pattern[str], key: str) -> list[str]:
    return list(dict.fromkeys(pattern.findall(key.rpartition("/")[2])))
