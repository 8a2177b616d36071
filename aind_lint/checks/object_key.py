"""Can every file be an object in the bucket, and be told from the others on every system?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault
from aind_lint.engine.world import World

#: S3 allows keys of at most so many bytes, the asset's name included.
MAX_KEY_BYTES = 1024

# Control characters, backslashes, and bytes that were no UTF-8 in the file system. Checked on one joined text, because
# one search over everything is many times faster than one per key.
_UNUSABLE = re.compile("[\x00-\x1f\x7f\\\\\ud800-\udfff]")


class Options(verb.Options):
    """Whether to find keys that cannot be used, or keys that differ only in case or Unicode form."""

    problem: Literal["unusable", "collision"]


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault]:
    """Yield a fault for every such key."""
    return _unusable(asset) if options.problem == "unusable" else _collisions(asset)


def _unusable(asset: Asset) -> Iterator[Fault]:
    room = MAX_KEY_BYTES - len(asset.listing.name.encode("utf-8", "surrogateescape")) - 1
    files = asset.listing.files
    # A character of UTF-8 has at most four bytes, so short keys need no encoding.
    if max(map(len, files), default=0) * 4 <= room and not _UNUSABLE.search("/".join(files)):
        return
    for key in sorted(files):
        if match := _UNUSABLE.search(key):
            found = match.group()
            what = "a backslash" if found == "\\" else f"the character U+{ord(found):04X}"
            yield Fault(f"{key} holds {what}", key, found=key)
        elif len(key.encode("utf-8")) > room:
            message = (
                f"{key[:60]}… is {len(key.encode('utf-8')):,} bytes long; {room:,} are left beside the asset's name"
            )
            yield Fault(message, key, found=key)


def _collisions(asset: Asset) -> Iterator[Fault]:
    files = asset.listing.files
    folded = set(map(str.casefold, files))
    if len(folded) == len(files) and all(map(str.isascii, files)):
        return
    first: dict[str, str] = {}
    for key in sorted(files):
        form = unicodedata.normalize("NFC", key).casefold()
        other = first.setdefault(form, key)
        if other != key:
            message = f"{key} and {other} differ only in case or in the form of a character"
            yield Fault(message, key, found=key, related=((other, None),))
