"""Changes of published assets whose keys the state does not have (``--no-keys``): only fingerprints are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aind_lint.audit.audit_rules import ASSET_CHANGED, OBJECT_LOST, restore_asset
from aind_lint.audit.listing.object_tables import AssetFacts
from aind_lint.audit.model import AuditFinding
from aind_lint.audit.state.audit_state import KnownAsset
from aind_lint.errors import BucketError

if TYPE_CHECKING:
    from aind_lint.bucket.store import Store


@dataclass
class UnexplainedChanges:
    """What fingerprints show.

    Attributes:
        findings: One for each asset that is not as it was.
        lists: LIST requests made.
        seen: Assets that the bucket has and this listing does not have.
        problem: Why the bucket could not be asked for an asset; empty if it could.
    """

    findings: list[AuditFinding] = field(default_factory=list)
    lists: int = 0
    seen: set[str] = field(default_factory=set)
    problem: str = ""


def unexplained_changes(
    before: Iterable[AuditFinding],
    suspects: Iterable[KnownAsset],
    facts: Mapping[str, AssetFacts],
    store: Store,
    limit: int,
) -> UnexplainedChanges:
    """One finding for each asset that is not as it was. It can be a loss, so it stays until the asset is as before.

    Args:
        before: The findings of the last audit; ``expected`` of one is the fingerprint from before the change.
        suspects: Assets of the last audit that may have changed.
        facts: The facts of every top-level prefix now.
        store: The bucket, which is asked for assets that are not in this listing.
        limit: Requests.
    """
    expected = {asset.name: asset.data_fingerprint or asset.fingerprint for asset in suspects}
    expected |= {
        old.asset: old.expected for old in before if old.rule in (ASSET_CHANGED.id, OBJECT_LOST.id) and old.expected
    }
    found = UnexplainedChanges()
    for name, fingerprint in sorted(expected.items()):
        if name not in facts:
            found.findings.append(_vanished(name, fingerprint, store, limit, found))
        elif fingerprint not in (facts[name].fingerprint, facts[name].data_fingerprint):
            message = "the asset has changed since an earlier audit; which object: unknown"
            found.findings.append(ASSET_CHANGED.finding(name, message, expected=fingerprint))
    return found


def _vanished(name: str, fingerprint: str, store: Store, limit: int, found: UnexplainedChanges) -> AuditFinding:
    """The finding about an asset that is not in this listing."""
    message = "nothing of the asset is in this listing"
    if found.lists < limit and not found.problem:
        try:
            found.lists += 1
            if next(iter(store.scan(f"{name}/", 1)), None) is None:
                return OBJECT_LOST.finding(
                    name,
                    f"{message}, and the bucket has none of its objects",
                    fix=restore_asset(name),
                    expected=fingerprint,
                )
            found.seen.add(name)
            return ASSET_CHANGED.finding(name, f"{message}, but the bucket has objects of it", expected=fingerprint)
        except BucketError as error:
            found.problem = str(error)
    return ASSET_CHANGED.finding(name, f"{message}; no request has confirmed that it is gone", expected=fingerprint)
