"""Where an asset and what a destination holds of it differ, by keys and sizes, or by checksums."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from aind_lint.asset.manifest import Entry, Manifest
from aind_lint.bucket.control import INDEXER_FOLDER, is_control, is_indexers
from aind_lint.bucket.store import Store, Stored
from aind_lint.checksum import crc64nvme_of_stream

Kind = Literal["missing", "extra", "size", "content"]


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
        if self.kind == "missing":
            return f"{self.key} is not there"
        if self.kind == "extra":
            return f"{self.key} is there, but not in this asset"
        if self.kind == "size":
            return f"{self.key} has {self.there:,} bytes there and {self.here:,} here{self._sums()}"
        return f"{self.key} has other content of the same size{self._sums()}"

    def _sums(self) -> str:
        here, there = self.checksums or ("", "")
        return f" (CRC64NVME {there} there, {here} here)" if self.checksums else ""


def compare_manifests(local: Manifest, published: Manifest) -> list[Difference]:
    """Where two contents differ, by key."""
    differences = []
    for entry in local:
        there = published.get(entry.key)
        if there is None:
            differences.append(Difference(entry.key, "missing", entry.size, None))
        elif there != entry:
            kind: Kind = "size" if there.size != entry.size else "content"
            sums = entry.crc64nvme, there.crc64nvme
            differences.append(Difference(entry.key, kind, entry.size, there.size, sums))
    differences += [Difference(e.key, "extra", None, e.size) for e in published if local.index(e.key) < 0]
    return sorted(differences, key=lambda difference: difference.key)


def compare_listing(local: Manifest, store: Store, asset: str) -> list[Difference]:
    """Where a listing of the destination differs from a manifest, by keys and sizes.

    Keys of the tool and of the bucket's indexer do not count, and a root sidecar that the indexer has rewritten is
    compared through the first copy it keeps in ``original_metadata/``.
    """
    start = len(asset) + 1
    seen = bytearray(len(local))
    sidecars: dict[str, Stored] = {}
    others: dict[str, Stored] = {}  # of the indexer
    differences = []

    def compare(key: str, size: int) -> None:
        place = local.index(key)
        if place < 0:
            differences.append(Difference(key, "extra", None, size))
            return
        seen[place] = 1
        if local.size_at(place) != size:
            differences.append(Difference(key, "size", local.size_at(place), size))

    for item in store.scan(f"{asset}/"):
        key = item.key[start:]
        if is_indexers(key):
            others[key] = item
        elif "/" not in key:
            sidecars[key] = item
        elif not is_control(key):
            compare(key, item.size)
    originals = _originals(others)
    for key, item in sidecars.items():
        compare(key, others[originals[key]].size if key in originals else item.size)
    if 0 in seen:
        missing = (entry for entry, found in zip(local, seen, strict=True) if not found)
        differences += [Difference(entry.key, "missing", entry.size, None) for entry in missing]
    return sorted(differences, key=lambda difference: difference.key)


def compare_content(
    local: Manifest, store: Store, asset: str, on_compared: Callable[[int], None] | None = None
) -> list[Difference]:
    """Where stored objects differ from a manifest by checksum, looking at every object.

    ``on_compared`` is told how many have been looked at.
    """
    keys = [item.key[len(asset) + 1 :] for item in store.scan(f"{asset}/{INDEXER_FOLDER}/")]
    originals = _originals(keys)
    differences = []
    for number, entry in enumerate(local, 1):
        places = [entry.key, *([originals[entry.key]] if entry.key in originals else [])]
        if not any(matches(store, f"{asset}/{place}", entry) for place in places):
            there = store.head(f"{asset}/{entry.key}")
            kind: Kind = "content" if there else "missing"
            differences.append(
                Difference(entry.key, kind, entry.size, there.size if there else None, _sums(entry, there))
            )
        if on_compared:
            on_compared(number)
    return differences


def disagreements(store: Store, asset: str, local: Manifest) -> Iterator[Difference]:
    """The stored objects that are not a part of the local content."""
    start = len(asset) + 1
    for item in store.scan(f"{asset}/"):
        key = item.key[start:]
        entry = local.get(key)
        if is_control(key) or is_indexers(key):
            continue
        if entry is None:
            yield Difference(key, "extra", None, item.size)
        elif entry.size != item.size:
            yield Difference(key, "size", entry.size, item.size)
        elif not matches(store, item.key, entry):
            yield Difference(key, "content", entry.size, item.size)


def matches(store: Store, key: str, entry: Entry) -> bool:
    """Whether the object at ``key`` has the content of ``entry``: by its checksum, or by its bytes if it has none."""
    stored = store.head(key)
    if stored is None or stored.size != entry.size:
        return False
    if stored.crc64nvme is not None:
        return stored.crc64nvme == entry.crc64nvme
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
