"""What a verdict rests on: everything that was read to reach it, so that it can be used again while that is the same.

Rules read an asset through its listing alone: the keys with their sizes, files it opens, the asset around it, and what
lies beside it. Every such look is noted with what it saw. Small files and sidecars are noted by their content, large
ones by what changes with every write: size, times and the file's number.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, BinaryIO

from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.listing import Listing
from aind_lint.storage.sorted_table import sorted_items

#: Files up to this size are noted by their content, and JSON always.
_SMALL = 2**20
#: Nanoseconds within which two writes can leave a file with the same time.
_UNSURE = 2 * 10**9

#: A fact is what JSON can hold.
Facts = dict[str, Any]


@dataclass
class DependencyTrace:
    """The looks at one listing.

    Attributes:
        listed: A digest of the listing itself.
        opened: What was seen in every file that was opened.
        outer: The asset around it, if that was asked for, as a list of one.
        beside: What was found beside it, by name and depth.
        lasting: Whether all that was seen is certain to be seen again while nothing changes.
    """

    listed: str
    opened: dict[str, str] = field(default_factory=dict)
    outer: list[str | None] = field(default_factory=list)
    beside: list[tuple[str, int | None, DependencyTrace | None]] = field(default_factory=list)
    lasting: bool = True

    def give_up(self) -> None:
        """Note that the verdict rests on more than can be seen again."""
        self.lasting = False

    def facts(self) -> Facts | None:
        """All that was seen; None when it cannot be relied on."""
        beside = [(name, depth, trace.facts() if trace else {}) for name, depth, trace in self.beside]
        if not self.lasting or any(facts is None for *_, facts in beside):
            return None
        return {"listed": self.listed, "opened": self.opened, "outer": self.outer, "beside": beside}


def traced(listing: Listing) -> tuple[Listing, DependencyTrace]:
    """The same listing, and a trace that grows while it is looked at."""
    trace = DependencyTrace(listing_id(listing))

    def open_(key: str) -> BinaryIO:
        try:
            with listing.open(key) as stream:
                seen, content = _seen(key, stream)
        except OSError:
            trace.lasting = False
            raise
        trace.lasting = trace.lasting and seen is not None and trace.opened.get(key, seen) == seen
        trace.opened[key] = seen or ""
        return io.BytesIO(content) if content is not None else listing.open(key)

    def outer() -> str | None:
        found = listing.enclosing_asset()
        trace.outer[:] = [found]
        return found

    def beside(name: str, depth: int | None) -> Listing | None:
        found = listing.sibling(name, depth)
        inner, within = traced(found) if found else (None, None)
        trace.beside.append((name, depth, within))
        return inner

    return replace(listing, open=open_, enclosing_asset=outer, sibling=beside), trace


def holds(facts: Facts, listing: Listing, listed: str) -> bool:
    """Whether all that was seen is still so.

    Args:
        facts: What was seen.
        listing: What there is now.
        listed: The digest of that.

    Raises:
        OSError: A file that could be read then cannot be read now.
    """
    if listed != facts["listed"] or (facts["outer"] and facts["outer"] != [listing.enclosing_asset()]):
        return False
    for key, seen in facts["opened"].items():
        with listing.open(key) as stream:
            if _seen(key, stream)[0] != seen:
                return False
    return all(_holds_beside(within, listing.sibling(name, depth)) for name, depth, within in facts["beside"])


def _holds_beside(facts: Facts, listing: Listing | None) -> bool:
    return not facts if listing is None else bool(facts) and holds(facts, listing, listing_id(listing))


def listing_id(listing: Listing) -> str:
    """A digest of what a listing says without anything being opened."""
    digest = hashlib.blake2b(digest_size=16)
    facts: Iterator[Any] = chain(
        [listing.name, listing.address],
        ((key, size) for key, size, _ in file_rows(listing.files)),
        listing.key_index.folders,
        ((key, listing.link_target(key)) for key in listing.links),
        ((key, None) for key in listing.special_files),
        sorted_items(listing.hard_links),
    )
    while some := list(islice(facts, 1000)):
        digest.update(repr(some).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _seen(key: str, stream: BinaryIO) -> tuple[str | None, bytes | None]:
    """What a file is noted by (None: nothing sure), and its content if that was read."""
    info = os.fstat(stream.fileno())
    if info.st_size <= _SMALL or key.endswith(".json"):
        content = stream.read()
        return _digest(content), content
    if time.time_ns() - max(info.st_mtime_ns, info.st_ctime_ns) < _UNSURE:
        return None, None
    return f"{info.st_size} {info.st_mtime_ns} {info.st_ctime_ns} {info.st_ino}", None


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
