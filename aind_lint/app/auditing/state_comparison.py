"""Compares a bucket with the last audit, and with the manifests of what this tool has published."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.app.auditing.audit_options import AuditOptions
from aind_lint.app.auditing.choose_judge import has_sizes
from aind_lint.audit.changes import Comparison, compare_keys
from aind_lint.audit.committed import ManifestComparison, add_manifest_changes, compare_with_manifests
from aind_lint.audit.confirmation import HEADS_ABOVE_THRESHOLD, MAX_HEADS, confirm_changes
from aind_lint.audit.listing.listing_source import AuditListing
from aind_lint.audit.listing.object_tables import AssetFacts, hash_probe
from aind_lint.audit.model import AuditNotChecked
from aind_lint.audit.open_changes import merge_open_changes
from aind_lint.audit.state.audit_state import AuditState, KnownAsset
from aind_lint.audit.state.key_parts import NewParts, write_parts
from aind_lint.audit.state.loading import local_part
from aind_lint.audit.state.state_store import StateStore
from aind_lint.audit.times import to_milliseconds
from aind_lint.audit.unexplained_changes import UnexplainedChanges, unexplained_changes
from aind_lint.bucket.store import Store
from aind_lint.text.quantities import format_count

if TYPE_CHECKING:
    import duckdb

#: Below so many assets that lost something, the share of all assets does not matter.
_MIN_LOSING_ASSETS = 20

#: Keys whose rows are written again although their assets have not changed: parts with more rows of assets that have
#: moved on than of others are replaced.
_WASTE = 2


@dataclass
class StateComparison:
    """What has changed since the last audit.

    Attributes:
        comparison: The changes.
        parts: The keys of new and changed assets.
        manifests: What the manifests of committed assets show.
        unexplained: What has changed in assets whose keys the state does not have.
        not_checked: What could not be compared.
    """

    comparison: Comparison
    parts: NewParts
    manifests: ManifestComparison
    unexplained: UnexplainedChanges
    not_checked: list[AuditNotChecked]


def compare_with_state(
    database: duckdb.DuckDBPyConnection,
    facts: Mapping[str, AssetFacts],
    assets: Container[str],
    listing: AuditListing,
    state: AuditState,
    state_store: StateStore,
    bucket: Store,
    options: AuditOptions,
    spill: Path,
) -> StateComparison:
    """Compare every asset whose fingerprint has changed, key by key. ``assets`` are the prefixes that can be assets.

    Above ``--max-lost`` the listing is marked as not trusted.
    """
    is_other_hash = state.meta.get("hash_probe") not in (None, hash_probe(database))
    published = {name for name, asset in state.assets.items() if asset.is_published}
    # Other prefixes must not stay as they are, and there can be a million.
    names = [name for name in facts if name and (name in assets or name in published or name in state.losing)]
    changed = _changed_assets(names, facts, state, is_other_hash, options.keep_keys)
    number = state.meta.get("next_part", 1)
    parts = write_parts(database, {name: facts[name].keys for name in changed}, number, spill)
    if parts.duplicates:
        listing.facts.warnings.append(
            f"The listing has {format_count(parts.duplicates, 'key')} twice; the newest row counts."
        )
    suspects = published.intersection(changed) | (published - facts.keys())
    without_keys = [state.assets[name] for name in suspects if not state.assets[name].key_part]
    candidates = sorted(suspects - {asset.name for asset in without_keys} | state.losing)
    names = sorted({state.assets[name].key_part or "" for name in candidates if name in state.assets} - {""})
    old = [local_part(state_store, state, name, spill) for name in names]
    last = datetime.fromisoformat(state.created.replace("Z", "+00:00")) if state.created else listing.created
    new = list(parts.paths.values())
    found = compare_keys(database, state.assets, candidates, old, new, state.missing, to_milliseconds(last), spill)
    gone = {asset.name for asset in without_keys if asset.name not in facts}
    _refuse_mass_loss(len(found.losing | gone), listing, len(published), options)
    wanted = [(change.asset, change.key) for change in found.changes if change.category == "warning"]
    manifests = ManifestComparison()
    if (options.rules == "full" or listing.facts.kind == "directory") and has_sizes(listing):
        paths = {name: parts.paths[part] for name, part in parts.part_of.items()}
        manifests = compare_with_manifests(bucket, facts, paths, wanted)
        found = add_manifest_changes(found, manifests)
    found = merge_open_changes(database, state.changes, found, listing.facts.created)
    limit = MAX_HEADS if listing.facts.is_trusted else HEADS_ABOVE_THRESHOLD
    found = confirm_changes(found, bucket, facts, manifests.checksums, limit)
    not_checked = [
        AuditNotChecked("manifest of the publication", reason, 1, name) for name, reason in manifests.unread.items()
    ]
    unexplained, unchecked = _compare_fingerprints(without_keys, facts, state, bucket, limit, is_other_hash)
    not_checked += unchecked
    for problem in sorted({found.problem, unexplained.problem} - {""}):
        listing.facts.warnings.append(f"Losses could not be confirmed: {problem}")
    return StateComparison(found, parts, manifests, unexplained, not_checked)


def _compare_fingerprints(
    assets: Sequence[KnownAsset],
    facts: Mapping[str, AssetFacts],
    state: AuditState,
    bucket: Store,
    limit: int,
    is_other_hash: bool,
) -> tuple[UnexplainedChanges, list[AuditNotChecked]]:
    """What changed in published assets whose keys the state does not have, and what cannot be compared."""
    comparable, skipped = list[KnownAsset](), 0
    for asset in assets:
        if asset.name in facts and (is_other_hash or asset.name in state.losing):
            skipped += is_other_hash or asset.fingerprint != facts[asset.name].fingerprint
        else:
            comparable.append(asset)
    reason = "its fingerprints are those of another version of DuckDB"
    if not is_other_hash:
        reason = "objects of these assets were missing in the last listing"
    unchecked = AuditNotChecked("changes since the last audit", f"the state has no keys, and {reason}", skipped)
    return unexplained_changes(state.findings, comparable, facts, bucket, limit), [unchecked] if skipped else []


def _changed_assets(
    names: list[str], facts: Mapping[str, AssetFacts], state: AuditState, is_other_hash: bool, keep_keys: bool
) -> list[str]:
    """Those of the assets whose keys have to be written into new parts."""
    rows = sum(part["rows"] for part in state.meta.get("parts", {}).values())
    if is_other_hash or rows > _WASTE * sum(facts[name].keys for name in names):
        return names  # with other hashes, every key is compared instead of fingerprints
    return [
        name
        for name in names
        if name in state.losing
        or (known := state.assets.get(name)) is None
        or known.fingerprint != facts[name].fingerprint
        or (keep_keys and known.key_part is None)
    ]


def _refuse_mass_loss(losing: int, listing: AuditListing, known: int, options: AuditOptions) -> None:
    """Mark the listing as not trusted above ``--max-lost``."""
    if losing < _MIN_LOSING_ASSETS or losing <= options.max_lost * known or options.confirm:
        return
    listing.facts.is_trusted = False
    listing.facts.warnings.insert(
        0,
        f"{losing:,} of {known:,} known assets have lost objects, more than --max-lost {options.max_lost:.3g} allows. "
        "An inventory that is limited to a prefix looks like this. If the losses are real, run the audit again with "
        "--confirm.",
    )
