"""What a destination holds of an asset: nothing, the same, something else, or a part of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Literal, TypeVar

from aind_lint.asset.manifest import Entry, Manifest
from aind_lint.bucket.control import (
    DATA_DESCRIPTION,
    FOLDER,
    INDEXER_FOLDER,
    Claim,
    End,
    Outcome,
    attempts,
    claim_key,
    decode_claim,
    decode_end,
    end_key,
    is_control,
    is_indexers,
    manifest_key,
)
from aind_lint.bucket.store import Store, Stored
from aind_lint.checksum import crc64nvme_of_stream
from aind_lint.errors import BucketError, DamagedError

_T = TypeVar("_T")

Kind = Literal["missing", "extra", "size", "content"]
State = Literal["absent", "same", "different", "partial", "replaceable", "foreign"]


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


@dataclass(frozen=True)
class Holding:
    """What a destination holds under an asset's name.

    Attributes:
        state: absent; same (published with this content); different (published with other content); partial (claimed,
            not yet published); replaceable (partial with other content, but all that is stored of it is in this one
            too); foreign (objects that no claim of ours covers).
        attempt: The attempt that stands, or the next one to claim.
        claim: Of a partial one, the claim that stands.
        outcome: Of a partial one, how it has been decided, if it has.
        ours: Of a partial one, whether its content is this asset's, so that publishing resumes it.
        differences: Where the contents differ.
    """

    state: State
    attempt: int = 1
    claim: Claim | None = None
    outcome: Outcome | None = None
    ours: bool = False
    differences: tuple[Difference, ...] = ()


def find_holding(store: Store, asset: str, manifest: Callable[[], Manifest]) -> Holding:
    """What ``store`` holds under the name of an asset.

    Args:
        store: The destination.
        asset: The asset's name.
        manifest: Gives the local content; only called when it has to be compared, because it reads every file.

    Raises:
        BucketError: The destination cannot be read. That is never taken for absence.
    """
    # A LIST first: unlike a HEAD it says what is wrong with a bucket or with credentials.
    standing = standing_attempts(store, asset)
    published = store.head(f"{asset}/{DATA_DESCRIPTION}") is not None
    if published and not (standing and "end" in standing[max(standing)]):
        # Another publisher may have finished between the two looks: its records came before.
        standing = standing_attempts(store, asset)
    if not standing and not published:
        if next(store.scan(f"{asset}/", limit=1), None) is None:
            return Holding("absent")
        # Another publisher may have begun between the two looks: a claim comes before everything else.
        standing = standing_attempts(store, asset)
        if not standing:
            return Holding("foreign")
    if not standing:
        return _compare_foreign(store, asset, manifest())
    last = max(standing)
    end = read_end(store, asset, last) if "end" in standing[last] else None
    if published and end is not None and end.outcome == "commit":
        return _compare_committed(store, asset, manifest(), last, end)
    if published:
        return _compare_foreign(store, asset, manifest())
    if end is not None and end.outcome != "commit":
        # Superseded attempts hand over; abandoned ones only once they are closed.
        handed_over = end.outcome == "superseded" or "closed" in standing[last]
        return Holding("absent", last + 1) if handed_over else Holding("partial", last, outcome=end.outcome)
    if "claim" not in standing[last]:
        raise BucketError(f"{asset}/{FOLDER}/ in {store.url} holds a record without a claim; it is damaged")
    claim = read_claim(store, asset, last)
    outcome = end.outcome if end else None
    return Holding("partial", last, claim, outcome, claim.content_id == manifest().content_id)


def find_replaceable(store: Store, asset: str, manifest: Callable[[], Manifest]) -> Holding:
    """As `find_holding`, but for a person who wants to end an unfinished attempt with other content and begin anew.

    That can be done when everything that the attempt has stored is a part of the new content too. Otherwise the
    holding stays partial and has the differences.
    """
    holding = find_holding(store, asset, manifest)
    if holding.state != "partial" or holding.ours or holding.outcome is not None:
        return holding
    differences = tuple(_disagreements(store, asset, manifest()))
    return replace(holding, state="partial" if differences else "replaceable", differences=differences)


def _disagreements(store: Store, asset: str, local: Manifest) -> Iterator[Difference]:
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


def standing_attempts(store: Store, asset: str) -> dict[int, set[str]]:
    """Every attempt that the control objects speak of, with the kinds of its objects."""
    return attempts(stored.key.removeprefix(f"{asset}/") for stored in store.scan(f"{asset}/{FOLDER}/"))


def read_claim(store: Store, asset: str, attempt: int) -> Claim:
    """The claim of an attempt."""
    return _read(store, f"{asset}/{claim_key(attempt)}", lambda stream: decode_claim(stream.read()))


def read_end(store: Store, asset: str, attempt: int) -> End:
    """The decision of an attempt."""
    return _read(store, f"{asset}/{end_key(attempt)}", lambda stream: decode_end(stream.read()))


def read_manifest(store: Store, asset: str, attempt: int) -> Manifest:
    """The published manifest of an attempt."""
    return _read(store, f"{asset}/{manifest_key(attempt)}", Manifest.read)


def _read(store: Store, key: str, decode: Callable[[BinaryIO], _T]) -> _T:
    """Read one of the tool's own objects; BucketError names it when it is damaged."""
    stream = store.open(key)
    try:
        with stream:
            return decode(stream)
    except DamagedError as error:
        raise BucketError(f"{store.url}/{key}: {error}") from None


def _compare_committed(store: Store, asset: str, local: Manifest, attempt: int, end: End) -> Holding:
    if end.content_id == local.content_id:
        # Keys that the manifest does not name are no part of the asset, so they do not make it another one.
        differences = [d for d in compare_listing(local, store, asset) if d.kind != "extra"]
    else:
        differences = compare_manifests(local, read_manifest(store, asset, attempt))
        if not differences:
            raise BucketError(f"{asset}/{manifest_key(attempt)} in {store.url} is damaged: another was committed")
    return Holding("different" if differences else "same", attempt, differences=tuple(differences))


def _compare_foreign(store: Store, asset: str, local: Manifest) -> Holding:
    """Compare with an asset that other tools published: what cannot be proven equal is different."""
    differences = compare_listing(local, store, asset) or compare_content(local, store, asset)
    return Holding("different" if differences else "same", differences=tuple(differences))


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
