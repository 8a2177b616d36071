"""Changes of published assets whose keys the state does not have (``--no-keys``): only fingerprints are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aind_lint.audit.audit_rules import ASSET_CHANGED
from aind_lint.audit.listing.object_tables import AssetFacts
from aind_lint.audit.model import AuditFinding
from aind_lint.audit.state.audit_state import KnownAsset


def unexplained_changes(
    before: Iterable[AuditFinding], suspects: Iterable[KnownAsset], facts: Mapping[str, AssetFacts]
) -> list[AuditFinding]:
    """One finding for each asset that is not as it was. It can be a loss, so it stays until the asset is as before.

    Args:
        before: The findings of the last audit; ``expected`` of one is the fingerprint from before the change.
        suspects: Assets of the last audit that may have changed.
        facts: The facts of every top-level prefix now.
    """
    expected = {asset.name: asset.fingerprint for asset in suspects}
    expected |= {old.asset: old.expected or "" for old in before if old.rule == ASSET_CHANGED.id}
    found = []
    for name, fingerprint in sorted(expected.items()):
        if name not in facts:
            message = "nothing of the asset is in this listing; the state has no keys to look for it"
        elif facts[name].fingerprint != fingerprint:
            message = "the asset has changed since an earlier audit; which object: unknown"
        else:
            continue
        found.append(ASSET_CHANGED.finding(name, message, expected=fingerprint))
    return found
