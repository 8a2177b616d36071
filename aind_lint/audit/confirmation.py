"""Requests that confirm what was lost or changed: a listing is days old, so by itself it proves no loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aind_lint.audit.changes import Comparison, category_of_other_size
from aind_lint.audit.listing.object_tables import is_exempt
from aind_lint.audit.model import ObjectChange
from aind_lint.errors import BucketError

if TYPE_CHECKING:
    from aind_lint.bucket.store import Store, StoredObject

#: HEAD requests of one audit.
MAX_HEADS = 1_000

#: HEAD requests of an audit whose listing is not trusted.
HEADS_ABOVE_THRESHOLD = 20

_GONE = "nothing of the asset is in this listing or in the bucket"


def confirm_changes(
    comparison: Comparison,
    store: Store,
    present: Container[str],
    checksums: Mapping[tuple[str, str], str],
    limit: int = MAX_HEADS,
) -> Comparison:
    """Ask the bucket about objects that are lost, or written again with the same size, by the listing.

    Args:
        comparison: The comparison of the listings.
        store: The bucket.
        present: Assets with an object in this listing. For each other asset one LIST request asks whether it is gone.
        checksums: The CRC64NVME of objects as they were published, by asset and key, where it is known.
        limit: HEAD requests, and LIST requests; the largest losses come first.
    """
    asked = _confirm_gone(comparison, store, present, limit)
    counts = Counter(asked.counts)
    result = {(change.asset, change.key): change for change in asked.changes}
    heads, problem = 0, asked.problem
    for change in _to_ask(asked.changes, checksums)[:limit]:
        if problem:
            break
        place = change.asset, change.key
        try:
            found = store.head(f"{change.asset}/{change.key}")
        except BucketError as error:
            problem = str(error)
            break
        heads += 1
        if found is not None:
            asked.seen.add(change.asset)
        confirmed = _after_head(change, found, checksums.get(place))
        del result[place]
        counts[change.asset, change.kind, change.category] -= 1
        if confirmed is not None:
            result[place] = confirmed
            counts[confirmed.asset, confirmed.kind, confirmed.category] += 1
    changes = [result[place] for place in sorted(result)]
    return replace(asked, changes=changes, counts=dict(+counts), heads=heads, problem=problem)


def _confirm_gone(comparison: Comparison, store: Store, present: Container[str], limit: int) -> Comparison:
    """Ask for every asset without an object in this listing whether the bucket has any; if not, all of it is damaged.

    The indexer rewrites sidecars, but it does not remove an asset, so no key is exempt then.
    """
    sizes: dict[str, int] = {}
    for change in comparison.changes:
        if change.kind == "lost" and change.asset not in present:
            sizes[change.asset] = sizes.get(change.asset, 0) + (change.old_size or 0)
    gone, seen, lists, problem = set[str](), set[str](), 0, ""
    for asset in sorted(sizes, key=lambda name: (-sizes[name], name))[:limit]:
        try:
            lists += 1
            (gone if next(iter(store.scan(f"{asset}/", 1)), None) is None else seen).add(asset)
        except BucketError as error:
            problem = str(error)
            break
    changes, counts = [], Counter(comparison.counts)
    for change in comparison.changes:
        if change.kind == "lost" and change.asset in gone:
            change = replace(change, category="damaged", reason=_GONE)
        elif change.reason == _GONE and (change.asset in present or change.asset in seen):  # some of it is back
            counts[change.asset, change.kind, change.category] -= 1
            change = replace(change, category="unconfirmed", reason="not in this listing")
            counts[change.asset, change.kind, change.category] += 1
        changes.append(change)
    for asset in gone:
        for category in ("unconfirmed", "warning"):
            counts[asset, "lost", "damaged"] += counts.pop((asset, "lost", category), 0)
    return replace(comparison, changes=changes, counts=counts, lists=lists, gone=gone, seen=seen, problem=problem)


def _to_ask(changes: Iterable[ObjectChange], checksums: Mapping[tuple[str, str], str]) -> list[ObjectChange]:
    """The changes that a HEAD can decide, the largest first."""
    chosen = [
        change
        for change in changes
        if change.category == "unconfirmed"
        or (change.kind == "changed" and change.old_size == change.new_size and (change.asset, change.key) in checksums)
    ]
    return sorted(chosen, key=lambda change: (-(change.old_size or 0), change.asset, change.key))


def _after_head(change: ObjectChange, found: StoredObject | None, checksum: str | None) -> ObjectChange | None:
    """A change after a HEAD request; None if there is no change."""
    if found is None:
        gone = "not in this listing, and a HEAD request finds no object"
        lost = replace(change, kind="lost", new_size=None, new_etag=None, new_time=None)
        if is_exempt(change.key):
            return replace(lost, category="warning", reason=f"{gone}; the indexer of the bucket does not remove any")
        return replace(lost, category="damaged", reason=gone)
    current = replace(change, kind="changed", new_size=found.size, new_etag=found.etag)
    if found.size != change.old_size:
        return replace(current, category=category_of_other_size(change.key), reason="another size")
    if change.kind == "changed" and checksum is not None and found.crc64nvme is not None:
        if found.crc64nvme == checksum:
            return None
        return replace(current, category="damaged", reason="the same size, another checksum than in the manifest")
    return None if change.kind == "lost" else change
