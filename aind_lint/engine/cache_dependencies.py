"""The dependencies of a cached report: everything that the rules read of an asset.

Rules read an asset through its listing only: keys and sizes, opened files, hard links, the enclosing asset and sibling
assets. `record_dependencies` wraps a listing and records each of these reads with a fingerprint of the result. Small
files and JSON files are fingerprinted by content, large files by what changes with every write: size, timestamps and
inode. A listing of a bucket has a version, which changes with the content of any object, so that none is read again.
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
from aind_lint.asset.listing.hard_links import HardLinks
from aind_lint.asset.listing.listing import Listing
from aind_lint.storage.sorted_table import sorted_items

#: Bytes up to which a file is fingerprinted by its content. JSON files are at any size.
_MAX_CONTENT_FINGERPRINT = 2**20
#: Nanoseconds within which two writes can leave a file with the same timestamp: 2 s on FAT, the coarsest file system.
_TIMESTAMP_RESOLUTION = 2 * 10**9

#: Recorded dependencies, in a form that JSON can store.
Dependencies = dict[str, Any]


@dataclass
class DependencyTrace:
    """What was read of one listing.

    Attributes:
        listing_digest: A digest of the listing itself.
        opened_files: The fingerprint of every file that was opened, by key.
        enclosing_asset: The name of the enclosing asset as a list of one; empty when it was not requested.
        hard_links: A digest of the hard links as a list of one; empty when they were not requested.
        siblings: The siblings that were requested: name, depth and what was read of each; None for one that is absent.
        cacheable: Whether the result stays valid as long as the dependencies are unchanged.
    """

    listing_digest: str
    opened_files: dict[str, str] = field(default_factory=dict)
    enclosing_asset: list[str | None] = field(default_factory=list)
    hard_links: list[str] = field(default_factory=list)
    siblings: list[tuple[str, int | None, DependencyTrace | None]] = field(default_factory=list)
    cacheable: bool = True

    def mark_uncacheable(self) -> None:
        """Record that the result depends on something that cannot be compared later, such as the time of day."""
        self.cacheable = False

    def dependencies(self) -> Dependencies | None:
        """Everything that was read; None when the result must not be cached."""
        siblings = [(name, depth, trace.dependencies() if trace else {}) for name, depth, trace in self.siblings]
        if not self.cacheable or any(dependencies is None for *_, dependencies in siblings):
            return None
        return {
            "listing_digest": self.listing_digest,
            "opened_files": self.opened_files,
            "enclosing_asset": self.enclosing_asset,
            "hard_links": self.hard_links,
            "siblings": siblings,
        }


def record_dependencies(listing: Listing) -> tuple[Listing, DependencyTrace]:
    """Return an equivalent listing, and a trace that records every read through it."""
    trace = DependencyTrace(listing_digest(listing))

    def open_(key: str) -> BinaryIO:
        try:
            with listing.open(key) as stream:
                fingerprint, content = _fingerprint(key, stream)
        except OSError:
            trace.mark_uncacheable()
            raise
        if fingerprint is None or trace.opened_files.get(key, fingerprint) != fingerprint:
            trace.mark_uncacheable()
        trace.opened_files[key] = fingerprint or ""
        return io.BytesIO(content) if content is not None else listing.open(key)

    def enclosing_asset() -> str | None:
        name = listing.enclosing_asset()
        trace.enclosing_asset[:] = [name]
        return name

    def hard_links() -> HardLinks:
        found = listing.hard_links()
        trace.hard_links[:] = [_hard_links_digest(found)]
        return found

    def sibling(name: str, depth: int | None) -> Listing | None:
        found = listing.sibling(name, depth)
        recorded, sibling_trace = record_dependencies(found) if found else (None, None)
        trace.siblings.append((name, depth, sibling_trace))
        return recorded

    # A version is part of the digest, and stands for the content of every file.
    recording = replace(
        listing,
        open=listing.open if listing.version else open_,
        read_part=listing.read_part if listing.version else None,
        enclosing_asset=enclosing_asset,
        hard_links=hard_links,
        sibling=sibling,
    )
    return recording, trace


def dependencies_unchanged(dependencies: Dependencies, listing: Listing, digest: str) -> bool:
    """Whether every recorded read would have the same result now.

    Args:
        dependencies: The recorded dependencies.
        listing: The listing of the same asset now.
        digest: The `listing_digest` of ``listing``.

    Raises:
        OSError: A file that could be read before cannot be read now.
    """
    if digest != dependencies["listing_digest"]:
        return False
    if dependencies["enclosing_asset"] and dependencies["enclosing_asset"] != [listing.enclosing_asset()]:
        return False
    if dependencies["hard_links"] and dependencies["hard_links"] != [_hard_links_digest(listing.hard_links())]:
        return False
    for key, fingerprint in dependencies["opened_files"].items():
        with listing.open(key) as stream:
            if _fingerprint(key, stream)[0] != fingerprint:
                return False
    return all(
        _sibling_unchanged(recorded, listing.sibling(name, depth)) for name, depth, recorded in dependencies["siblings"]
    )


def _sibling_unchanged(dependencies: Dependencies, listing: Listing | None) -> bool:
    if listing is None:
        return not dependencies
    return bool(dependencies) and dependencies_unchanged(dependencies, listing, listing_digest(listing))


def listing_digest(listing: Listing) -> str:
    """A digest of everything that a listing shows without a request for a single file."""
    facts: Iterator[Any] = chain(
        [listing.name, listing.address, listing.version],
        ((key, size) for key, size, _ in file_rows(listing.files)),
        listing.key_index.folders,
        ((key, listing.link_target(key)) for key in listing.links),
        ((key, None) for key in listing.special_files),
        ((key, "cloud") for key in listing.cloud_files),
    )
    return _digest_of(facts)


def _hard_links_digest(links: HardLinks) -> str:
    return _digest_of(chain([links.unknown], sorted_items(links.identities)))


def _digest_of(facts: Iterator[Any]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    while batch := list(islice(facts, 1000)):
        digest.update(repr(batch).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _fingerprint(key: str, stream: BinaryIO) -> tuple[str | None, bytes | None]:
    """The fingerprint of a file, and its content if that was read.

    The fingerprint is None when the file was written so recently that another write could leave it the same.
    """
    info = os.fstat(stream.fileno())
    if info.st_size <= _MAX_CONTENT_FINGERPRINT or key.endswith(".json"):
        content = stream.read()
        return _digest(content), content
    if time.time_ns() - max(info.st_mtime_ns, info.st_ctime_ns) < _TIMESTAMP_RESOLUTION:
        return None, None
    return f"{info.st_size} {info.st_mtime_ns} {info.st_ctime_ns} {info.st_ino}", None


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
