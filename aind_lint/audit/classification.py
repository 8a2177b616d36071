"""The state of each asset, from its findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.audit.asset_task import AssetVerdict
from aind_lint.audit.audit_rules import CONFLICT, DAMAGE
from aind_lint.audit.listing.object_tables import AssetFacts
from aind_lint.audit.model import AssetState, AuditedAsset, AuditFinding
from aind_lint.audit.times import iso

#: Rules about missing sidecars: SID101 to SID109.
_MISSING_SIDECAR = {f"SID{number}" for number in range(101, 110)}


def choose_state(findings: Sequence[AuditFinding], is_unfinished: bool, unknown: str | None) -> tuple[AssetState, str]:
    """The first state that holds, and the reason.

    Args:
        findings: The findings of the asset.
        is_unfinished: Whether it has a publication that has not ended.
        unknown: Why its rules did not run; None if they did.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    named = [finding for finding in errors if finding.rule.startswith("NAM")]
    missing = [finding for finding in errors if finding.rule in _MISSING_SIDECAR]
    others = [finding for finding in errors if finding not in named and finding not in missing]
    candidates = (
        (AssetState.DAMAGED, [finding for finding in errors if finding.rule in DAMAGE]),
        (AssetState.CONFLICT, [finding for finding in errors if finding.rule in CONFLICT]),
    )
    for state, found in candidates:
        if found:
            return state, _reason(found[0])
    if is_unfinished:
        return AssetState.UNFINISHED, "its publication has not ended"
    for state, found in ((AssetState.INVALID, others), (AssetState.MISNAMED, named), (AssetState.INCOMPLETE, missing)):
        if found:
            return state, _reason(found[0])
    if unknown is not None:
        return AssetState.UNKNOWN, unknown
    warned = [finding for finding in findings if finding.severity == "warning"]
    return (AssetState.WARNING, _reason(warned[0])) if warned else (AssetState.OK, "")


def _reason(finding: AuditFinding) -> str:
    """The message of a finding, with its file."""
    is_named = finding.file is None or finding.file in finding.message
    return finding.message if is_named else f"{finding.file}: {finding.message}"


def describe_asset(
    asset: AssetFacts,
    name: AssetName | None,
    verdict: AssetVerdict | None,
    findings: Sequence[AuditFinding],
    state: tuple[AssetState, str],
) -> AuditedAsset:
    """The row of an asset in the result."""
    acquired = name and (name.acquired or name.processed)
    level = {"raw": "raw", "derived": "derived", "analyzed": "derived"}.get((name and name.form) or "")
    return AuditedAsset(
        asset.name,
        state[0],
        reason=state[1],
        level=(verdict and verdict.level) or level,
        era=verdict.era if verdict else None,
        modalities=list(verdict.modalities) if verdict else [],
        project=verdict.project if verdict else None,
        acquired=acquired.strftime("%Y-%m") if acquired else None,
        keys=asset.keys,
        total_bytes=asset.total_bytes,
        bytes_by_class=asset.bytes_by_class,
        first_modified=iso(asset.first_modified),
        last_modified=iso(asset.last_modified),
        fingerprint=asset.fingerprint,
        errors=sum(finding.severity == "error" for finding in findings),
        warnings=sum(finding.severity == "warning" for finding in findings),
    )


def sort_findings(findings: Iterable[AuditFinding]) -> list[AuditFinding]:
    """Findings by asset, rule and file."""
    return sorted(findings, key=lambda f: (f.asset, f.rule, f.file or "", f.pointer or "", f.message))


def _identity(finding: AuditFinding) -> tuple[str, str, str, str]:
    return finding.asset, finding.rule, finding.file or "", finding.pointer or ""


def mark_findings(
    findings: Iterable[AuditFinding],
    before: Iterable[AuditFinding],
    created: str,
    is_unchecked: Callable[[AuditFinding], bool],
) -> list[AuditFinding]:
    """The findings with ``status`` and ``since``, then those of the last audit that are resolved.

    Args:
        findings: The findings of this audit.
        before: The findings of the last audit.
        created: The time of this listing.
        is_unchecked: Whether the rule of a finding was not checked now in its asset: then it is not resolved.
    """
    old: dict[tuple[str, str, str, str], list[AuditFinding]] = defaultdict(list)
    for finding in before:
        if finding.status != "resolved":
            old[_identity(finding)].append(finding)
    current = sort_findings(findings)
    present = {_identity(finding) for finding in current}
    still = [
        finding
        for identity, same in old.items()
        if identity not in present and is_unchecked(same[0])
        for finding in same
    ]
    marked = []
    for finding in sort_findings([*current, *still]):
        known = old.get(_identity(finding))
        if known:
            marked.append(replace(finding, status="open", since=known[0].since))
        else:
            marked.append(replace(finding, status="new", since=created))
    resolved = [
        replace(finding, status="resolved")
        for identity, same in old.items()
        if identity not in present and not is_unchecked(same[0])
        for finding in same
    ]
    return marked + sort_findings(resolved)


def finding_is_of_bucket(finding: AuditFinding) -> bool:
    """Whether a finding is about the bucket as a whole, and not of a rule of `check`."""
    return finding.rule.startswith("AUD")
