"""Where an asset and what a destination holds of it differ, by keys and sizes, or by checksums."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Literal

from aind_lint.asset.listing.listing_shards import NO_SHARDS, ListingShards
from aind_lint.bucket.control_objects import FOLDER, INDEXER_FOLDER, is_control, is_indexers
from aind_lint.bucket.fallback_checksums import has_sums
from aind_lint.bucket.manifest import Entry, Manifest
from aind_lint.bucket.store import Body, Store, Stored
from aind_lint.storage.checksum import crc64nvme_of_stream
from aind_lint.storage.sorted_table import SortedTable, merge_join

Kind = Literal["missing", "extra", "size", "content"]

#: Differences that are kept, to be told.
KEPT = 1000


@dataclass(frozen=True)
class Difference:
    """One key in which the destination and an asset differ.

    Attributes:
        key: Path inside the asset.
        kind: missing in the destination, extra there, of another size, or of other content.
        here: Size of the local file in bytes, None when there is none.
        there: Size of the stored object in bytes, None when there is none.
        checksums: CRC64NVME of the local file and of the stored object, where both are known.
    """

    key: str
    kind: Kind
    here: int | None
    there: int | None
    checksums: tuple[str, str] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.told("in this asset")

    def told(self, here: str) -> str:
        """The difference in words; ``here`` says where the other one is: "in this asset", "in the manifest"."""
        if self.kind == "missing":
            return f"{self.key} is not there"
        if self.kind == "extra":
            return f"{self.key} is there, but not {here}"
        sums = "(CRC64NVME {1} there, {0} {2})".format(*self.checksums, here) if self.checksums else ""
        if self.kind == "size":
            return f"{self.key} has {self.there:,} bytes there and {self.here:,} {here} {sums}".rstrip()
        return f"{self.key} has other content of the same size {sums}".rstrip()


class Differences(tuple[Difference, ...]):
    """The first differences by key, of which there may be a million.

    Attributes:
        total: How many there are in all.
    """

    total: int = 0

    @classmethod
    def of(cls, found: Iterable[Difference]) -> Differences:
        """The first of some that come sorted."""
        coming = iter(found)
        first = cls(islice(coming, KEPT))
        first.total = len(first) + sum(1 for _ in coming)
        return first

    @classmethod
    def parted(cls, found: Iterable[Difference], kind: Kind) -> tuple[Differences, Differences]:
        """The first that are not of a kind, and the first that are."""
        kept: tuple[list[Difference], list[Difference]] = [], []
        totals = [0, 0]
        for one in found:
            part = one.kind == kind
            totals[part] += 1
            if totals[part] <= KEPT:
                kept[part].append(one)
        others, those = cls(kept[0]), cls(kept[1])
        others.total, those.total = totals
        return others, those


def compare_manifests(local: Manifest, published: Manifest) -> Iterator[Difference]:
    """Where two contents differ, by key."""
    for here, there in merge_join(local, published):
        if there is None and here is not None:
            yield Difference(here.key, "missing", here.size, None)
        elif here is None and there is not None:
            yield Difference(there.key, "extra", None, there.size)
        elif here is not None and there is not None and here != there:
            kind: Kind = "size" if there.size != here.size else "content"
            yield Difference(here.key, kind, here.size, there.size, (here.crc64nvme, there.crc64nvme))


def listed(store: Store, asset: str, branches: ListingShards = NO_SHARDS) -> SortedTable:
    """What a destination holds of an asset: keys inside it, sorted, with sizes, but those of the tool.

    The branches that are expected only help to ask for it.
    """
    start = len(asset) + 1
    if "" in branches:  # else it would be found there, and then be asked for
        branches = {**branches, "": [*branches[""], f"{FOLDER}/"]}
    rows = ((item.key[start:], item.size) for item in store.scan(f"{asset}/", branches=branches))
    return SortedTable.of((row for row in rows if not is_control(row[0])), "q")


def compare_listing(local: Manifest, store: Store, asset: str) -> Iterator[Difference]:
    """Where a listing of the destination differs from a manifest, by keys and sizes, by key.

    Keys of the tool and of the bucket's indexer do not count, and a root sidecar that the indexer has rewritten is
    compared through the first copy it keeps in ``original_metadata/``.
    """
    there = listed(store, asset, local.branches)
    copies = {row[0]: row[1] for row in takewhile(lambda row: is_indexers(row[0]), there.rows_from(INDEXER_FOLDER))}
    originals = _originals(copies)
    for ours, theirs in merge_join(local.rows.rows(), there.rows()):
        if theirs is None and ours is not None:
            yield Difference(ours[0], "missing", ours[1], None)
        elif theirs is not None and (ours is not None or not is_indexers(theirs[0])):
            key, size = theirs
            size = copies[originals[key]] if key in originals else size
            if ours is None:
                yield Difference(key, "extra", None, size)
            elif ours[1] != size:
                yield Difference(key, "size", ours[1], size)


def compare_content(
    local: Manifest, store: Store, asset: str, on_compared: Callable[[int], None] | None = None
) -> Iterator[Difference]:
    """Where stored objects differ from a manifest by checksum, looking at every object.

    ``on_compared`` is told how many have been looked at.
    """
    keys = [item.key[len(asset) + 1 :] for item in store.scan(f"{asset}/{INDEXER_FOLDER}/")]
    originals = _originals(keys)
    for number, entry in enumerate(local, 1):
        places = [entry.key, *([originals[entry.key]] if entry.key in originals else [])]
        if not any(matches(store, f"{asset}/{place}", entry) for place in places):
            there = store.head(f"{asset}/{entry.key}")
            kind: Kind = "content" if there else "missing"
            yield Difference(entry.key, kind, entry.size, there.size if there else None, _sums(entry, there))
        if on_compared:
            on_compared(number)


def disagreements(store: Store, asset: str, local: Manifest) -> Iterator[Difference]:
    """The stored objects that are not a part of the local content."""
    for entry, theirs in merge_join(local, listed(store, asset, local.branches).rows()):
        if theirs is None or is_indexers(theirs[0]):
            continue
        key, size = theirs
        if entry is None:
            yield Difference(key, "extra", None, size)
        elif entry.size != size:
            yield Difference(key, "size", entry.size, size)
        elif not matches(store, f"{asset}/{key}", entry):
            yield Difference(key, "content", entry.size, size)


def matches(store: Store, key: str, entry: Entry, local: Body | None = None) -> bool:
    """Whether the object at ``key`` has the content of ``entry``.

    By its CRC64NVME; or, if it has none, by another sum of the file that is here, ``local``; or else by its bytes.
    """
    stored = store.head(key)
    if stored is None or stored.size != entry.size:
        return False
    if stored.crc64nvme is not None:
        return stored.crc64nvme == entry.crc64nvme
    if local is not None and stored.sums and has_sums(local, stored.sums):
        return True
    with store.open(key) as stream:
        return crc64nvme_of_stream(stream) == (entry.size, entry.crc64nvme)


def _sums(entry: Entry, there: Stored | None) -> tuple[str, str] | None:
    return (entry.crc64nvme, there.crc64nvme) if there and there.crc64nvme else None


def _originals(keys: Iterable[str]) -> dict[str, str]:
    """For root sidecars that the indexer rewrote, the key of the first copy: ``…/subject.20250101.json``."""
    copies: dict[str, str] = {}
    for key in sorted(keys, reverse=True):  # the earliest date wins
        if match := re.fullmatch(rf"{INDEXER_FOLDER}/([a-z_]+)\.[0-9]{{8}}\.json", key):
            copies[f"{match.group(1)}.json"] = key
    return copies
