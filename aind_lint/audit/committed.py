"""Assets that this tool has published: their manifest in the bucket is the truth about their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aind_lint.audit.changes import MAX_CHANGES, Comparison
from aind_lint.audit.listing.object_tables import AssetFacts, is_exempt
from aind_lint.audit.model import ObjectChange
from aind_lint.audit.state.key_parts import read_keys
from aind_lint.bucket.control_objects import DATA_DESCRIPTION, group_attempts, manifest_key
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.store import Store
from aind_lint.errors import AindLintError, DamagedError


@dataclass
class ManifestComparison:
    """What the manifests of committed assets show.

    Attributes:
        changes: At most `MAX_CHANGES` for each asset.
        counts: Number of all changes by asset, kind and category.
        checksums: CRC64NVME by asset and key, of the keys that were asked for.
        unread: Assets whose manifest could not be read, with the reason.
        requests: Requests made.
        downloaded_bytes: Bytes read.
    """

    changes: list[ObjectChange] = field(default_factory=list)
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    checksums: dict[tuple[str, str], str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    downloaded_bytes: int = 0


def committed_manifest(asset: AssetFacts) -> str | None:
    """The key of the manifest of a committed asset, inside the asset; None if this tool has not committed it."""
    keys = {row.key for row in asset.small}
    try:
        attempts = group_attempts(keys)
    except DamagedError:
        return None
    if not attempts or DATA_DESCRIPTION not in keys:
        return None
    last = max(attempts)
    return manifest_key(last) if {"end", "manifest"} <= attempts[last] and "closed" not in attempts[last] else None


def compare_with_manifests(
    store: Store, facts: Mapping[str, AssetFacts], paths: Mapping[str, Path], wanted: Iterable[tuple[str, str]]
) -> ManifestComparison:
    """Compare the keys of committed assets with their manifests.

    Args:
        store: The bucket.
        facts: The facts of every top-level prefix.
        paths: The file with the keys of each asset to compare.
        wanted: Assets and keys whose checksums are needed.
    """
    found = ManifestComparison()
    checksums_of: dict[str, set[str]] = {}
    for asset, key in wanted:
        checksums_of.setdefault(asset, set()).add(key)
    by_part: dict[Path, list[str]] = {}
    for name, path in paths.items():
        if committed_manifest(facts[name]):
            by_part.setdefault(path, []).append(name)
    for path, names in sorted(by_part.items()):
        for name, blocks in read_keys(path, names):
            if (manifest := _read(store, facts[name], found)) is not None:
                _compare(name, manifest, (row for block in blocks for row in zip(*block, strict=True)), found)
                for key in checksums_of.get(name, ()):
                    if entry := manifest.get(key):
                        found.checksums[name, key] = entry.crc64nvme
    return found


def _read(store: Store, asset: AssetFacts, found: ManifestComparison) -> Manifest | None:
    key = committed_manifest(asset)
    sizes = {row.key: row.size or 0 for row in asset.small}
    assert key is not None
    found.requests += 1
    found.downloaded_bytes += sizes[key]
    try:
        with store.open(f"{asset.name}/{key}") as stream:
            return Manifest.read(stream)
    except (AindLintError, OSError) as error:
        found.unread[asset.name] = str(error)
        return None


def _compare(name: str, manifest: Manifest, rows: Iterable[tuple[str, int]], found: ManifestComparison) -> None:
    count = 0
    for key, planned, present in _joined(manifest, rows):
        if planned == present or is_exempt(key):
            continue
        if present is None:
            reason = "in the manifest of the publication, not in this listing"
            change = ObjectChange(name, key, "lost", "unconfirmed", reason, planned)
        elif planned is None:
            reason = "not in the manifest of the publication"
            change = ObjectChange(name, key, "added", "warning", reason, None, present)
        else:
            reason = "another size than in the manifest of the publication"
            change = ObjectChange(name, key, "changed", "damaged", reason, planned, present)
        counter = name, change.kind, change.category
        found.counts[counter] = found.counts.get(counter, 0) + 1
        count += 1
        if count <= MAX_CHANGES:
            found.changes.append(change)


def _joined(manifest: Manifest, rows: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int | None, int | None]]:
    """Key, size in the manifest and size in the bucket; both are sorted by the UTF-8 bytes of the keys."""
    entries = iter(manifest)
    entry = next(entries, None)
    for key, size in rows:
        while entry is not None and entry.key.encode() < key.encode():
            yield entry.key, entry.size, None
            entry = next(entries, None)
        if entry is not None and entry.key == key:
            yield key, entry.size, size
            entry = next(entries, None)
        else:
            yield key, None, size
    while entry is not None:
        yield entry.key, entry.size, None
        entry = next(entries, None)


def add_manifest_changes(comparison: Comparison, manifests: ManifestComparison) -> Comparison:
    """The changes since the last audit, with those since the commit. Of one object, the latter has the older truth."""
    counts = dict(comparison.counts)
    merged = {(change.asset, change.key): change for change in comparison.changes}
    for change in manifests.changes:
        if known := merged.get((change.asset, change.key)):
            counts[known.asset, known.kind, known.category] -= 1
        merged[change.asset, change.key] = change
        counter = change.asset, change.kind, change.category
        counts[counter] = counts.get(counter, 0) + 1
    changes = [merged[place] for place in sorted(merged)]
    return replace(comparison, changes=changes, counts={key: count for key, count in counts.items() if count > 0})
