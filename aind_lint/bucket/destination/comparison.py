"""Differences between a local asset and what a destination contains of it, by keys and sizes or by checksums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, takewhile
from typing import Literal, NamedTuple

from aind_lint.asset.indexer_keys import INDEXER_FOLDER, first_copies, is_indexer_key
from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import is_control_key
from aind_lint.bucket.destination.fallback_checksums import has_checksum
from aind_lint.bucket.destination.stored_etags import hash_etag
from aind_lint.bucket.manifest import Manifest, ManifestEntry
from aind_lint.bucket.store import Store, StoredObject
from aind_lint.storage.checksum import crc64nvme_of_stream
from aind_lint.storage.sorted_table import SortedTable, merge_join

DifferenceKind = Literal["missing", "unlisted", "size", "content"]

#: Differences that are collected for messages; the others are counted only.
MAX_DIFFERENCES = 1000


@dataclass(frozen=True)
class Difference:
    """A key whose local file and stored object differ.

    Attributes:
        key: Path inside the asset.
        kind: The object is missing, has no local file, or has another size or other content.
        local_size: Bytes of the local file, None if there is none.
        stored_size: Bytes of the stored object, None if there is none.
        checksums: CRC64NVME of the local file and of the stored object, if both are known.
    """

    key: str
    kind: DifferenceKind
    local_size: int | None
    stored_size: int | None
    checksums: tuple[str, str] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.describe("in this asset")

    def describe(self, other: str) -> str:
        """The difference in words. ``other`` names the counterpart: "in this asset", "in the manifest"."""
        if self.kind == "missing":
            return f"{self.key} is missing in the bucket"
        if self.kind == "unlisted":
            return f"{self.key} is in the bucket, but not {other}"
        checksums = "(CRC64NVME {1} in the bucket, {0} {2})".format(*self.checksums, other) if self.checksums else ""
        if self.local_size is None:
            return f"{self.key} has other content than this publication wrote"
        if self.kind == "size":
            sizes = f"{self.stored_size:,} bytes in the bucket and {self.local_size:,} {other}"
            return f"{self.key} has {sizes} {checksums}".rstrip()
        return f"{self.key} has other content of the same size {checksums}".rstrip()


class Differences(tuple[Difference, ...]):
    """The first 1,000 differences, in the order of the keys.

    Attributes:
        total: Number of all differences.
    """

    total: int = 0

    @classmethod
    def of(cls, found: Iterable[Difference]) -> Differences:
        """Collect differences that are sorted by key."""
        remaining = iter(found)
        first = cls(islice(remaining, MAX_DIFFERENCES))
        first.total = len(first) + sum(1 for _ in remaining)
        return first

    @classmethod
    def partition(cls, found: Iterable[Difference], kind: DifferenceKind) -> tuple[Differences, Differences]:
        """The differences of other kinds, and those of one kind."""
        collected: tuple[list[Difference], list[Difference]] = [], []
        totals = [0, 0]
        for difference in found:
            matching = difference.kind == kind
            totals[matching] += 1
            if totals[matching] <= MAX_DIFFERENCES:
                collected[matching].append(difference)
        other_kinds, of_kind = cls(collected[0]), cls(collected[1])
        other_kinds.total, of_kind.total = totals
        return other_kinds, of_kind


def compare_manifests(local: Manifest, published: Manifest) -> Iterator[Difference]:
    """The differences between two manifests, in the order of the keys."""
    for entry, other in merge_join(local, published):
        if other is None and entry is not None:
            yield Difference(entry.key, "missing", entry.size, None)
        elif entry is None and other is not None:
            yield Difference(other.key, "unlisted", None, other.size)
        elif entry is not None and other is not None and entry != other:
            kind: DifferenceKind = "size" if other.size != entry.size else "content"
            yield Difference(entry.key, kind, entry.size, other.size, (entry.crc64nvme, other.crc64nvme))


class StoredListing(NamedTuple):
    """What a destination lists of an asset.

    Attributes:
        objects: Size and `hash_etag` of every object, without control objects.
        control: The ETag of every control object.
    """

    objects: SortedTable
    control: Mapping[str, str | None]

    def first_copies(self) -> dict[str, str]:
        """The keys of the indexer's first copies of sidecars, by the name of the sidecar."""
        folder = f"{INDEXER_FOLDER}/"
        rows = takewhile(lambda row: row[0].startswith(folder), self.objects.rows_from(folder))
        return first_copies(row[0] for row in rows)


def list_stored(store: Store, asset: str, boundaries: Sequence[str] = ()) -> StoredListing:
    """List a stored asset.

    Args:
        store: The destination.
        asset: The name of the asset.
        boundaries: `Manifest.boundaries` of what it probably holds.
    """
    start = len(asset) + 1
    control: dict[str, str | None] = {}

    def rows() -> Iterator[tuple[str, int, int]]:
        for item in store.scan(f"{asset}/", boundaries=[f"{asset}/{key}" for key in boundaries]):
            key = item.key[start:]
            if is_control_key(key):
                control[key] = item.etag
            else:
                yield key, item.size, hash_etag(item.etag)

    return StoredListing(SortedTable.of(rows(), "qq"), control)


def confirm_missing(
    compare: Callable[[Sequence[str]], Iterator[Difference]], boundaries: Sequence[str]
) -> Iterator[Difference]:
    """What a comparison finds in a listing from expected keys; if a key is missing there, in one page by page.

    A server whose order of keys is not that of S3 could leave out keys otherwise.

    Args:
        compare: Lists from some keys, and compares.
        boundaries: The keys.
    """
    found: list[Difference] = []
    for difference in compare(boundaries):
        if boundaries and difference.kind == "missing":
            yield from compare(())
            return
        found.append(difference)
    yield from found


def compare_listing(local: Manifest, store: Store, asset: str) -> Iterator[Difference]:
    """The differences between a manifest and a listing of the destination, by sizes, in the order of the keys.

    Control objects and keys of the bucket's indexer do not count. A root sidecar that the indexer has rewritten is
    compared through its first copy in ``original_metadata/``.
    """
    return confirm_missing(partial(_compare_listing, local, store, asset), local.boundaries)


def _compare_listing(local: Manifest, store: Store, asset: str, boundaries: Sequence[str]) -> Iterator[Difference]:
    listing = list_stored(store, asset, boundaries)
    originals = listing.first_copies()
    for planned, stored in merge_join(local.rows.rows(), listing.objects.rows()):
        size = None
        if stored is not None:
            size = listing.objects[originals[stored[0]]][0] if stored[0] in originals else stored[1]
        if difference := compare_sizes(planned, stored, size):
            yield difference


def compare_sizes(
    planned: tuple[str, int, int] | None, stored: tuple[str, int, int] | None, stored_size: int | None
) -> Difference | None:
    """The difference between a row of a manifest and one of a listing, by size.

    Args:
        planned: The row of the manifest; None if it has no such key.
        stored: The row of the listing; None if it has no such key.
        stored_size: The size of the stored object, or of the indexer's copy of it.
    """
    if planned is None:
        if stored is None or is_indexer_key(stored[0]):
            return None
        return Difference(stored[0], "unlisted", None, stored_size)
    if stored is None:
        return Difference(planned[0], "missing", planned[1], None)
    return None if planned[1] == stored_size else Difference(planned[0], "size", planned[1], stored_size)


def compare_content(
    local: Manifest, store: Store, asset: str, on_compared: Callable[[int], None] | None = None
) -> Iterator[Difference]:
    """The differences between a manifest and the stored objects, by the checksum of every object.

    Args:
        local: The manifest.
        store: The destination.
        asset: The name of the asset.
        on_compared: Called with the number of objects compared so far.
    """
    keys = [item.key[len(asset) + 1 :] for item in store.scan(f"{asset}/{INDEXER_FOLDER}/")]
    originals = first_copies(keys)
    for number, entry in enumerate(local, 1):
        candidates = [entry.key, *([originals[entry.key]] if entry.key in originals else [])]
        if not any(object_matches(store, f"{asset}/{key}", entry) for key in candidates):
            stored = store.head(f"{asset}/{entry.key}")
            kind: DifferenceKind = "content" if stored else "missing"
            yield Difference(entry.key, kind, entry.size, stored.size if stored else None, _checksums(entry, stored))
        if on_compared:
            on_compared(number)


def find_conflicting_objects(store: Store, asset: str, local: Manifest) -> Iterator[Difference]:
    """The stored objects that are not part of the local content."""
    for entry, stored in merge_join(local, list_stored(store, asset).objects.rows()):
        if stored is None or is_indexer_key(stored[0]):
            continue
        key, size, _ = stored
        if entry is None:
            yield Difference(key, "unlisted", None, size)
        elif entry.size != size:
            yield Difference(key, "size", entry.size, size)
        elif not object_matches(store, f"{asset}/{key}", entry):
            yield Difference(key, "content", entry.size, size)


def object_matches(store: Store, key: str, entry: ManifestEntry, local: Body | None = None) -> bool:
    """Whether the object at ``key`` has the content of ``entry``.

    Compared by CRC64NVME; if the object has none, by a fallback checksum of the local file; otherwise by reading it.
    """
    return find_match(store, key, entry, local) is not None


def find_match(store: Store, key: str, entry: ManifestEntry, local: Body | None = None) -> StoredObject | None:
    """The object at ``key`` if it has the content of ``entry``, compared as `object_matches` does."""
    stored = store.head(key)
    if stored is None or stored.size != entry.size:
        return None
    if stored.crc64nvme is not None:
        return stored if stored.crc64nvme == entry.crc64nvme else None
    if local is not None and stored.fallback_checksums and has_checksum(local, stored.fallback_checksums):
        return stored
    with store.open(key) as stream:
        return stored if crc64nvme_of_stream(stream) == (entry.size, entry.crc64nvme) else None


def _checksums(entry: ManifestEntry, stored: StoredObject | None) -> tuple[str, str] | None:
    return (entry.crc64nvme, stored.crc64nvme) if stored and stored.crc64nvme else None
