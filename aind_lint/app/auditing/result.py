"""Makes the result of an audit from everything that its steps have found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from aind_lint.audit.asset_task import AssetVerdict
from aind_lint.audit.audit_rules import OF_LISTED_ASSETS
from aind_lint.audit.bucket_checks import MAX_STRAY, BucketChecks
from aind_lint.audit.changes import Comparison
from aind_lint.audit.classification import choose_state, describe_asset, finding_is_of_bucket, mark_findings
from aind_lint.audit.listing.listing_source import AuditListing
from aind_lint.audit.listing.object_tables import AssetFacts
from aind_lint.audit.model import AssetState, AuditedAsset, AuditFinding, AuditNotChecked, AuditResult, HistoryRow
from aind_lint.audit.run_facts import RunFacts
from aind_lint.audit.state.audit_state import AuditState, SavedVerdict
from aind_lint.audit.state.key_parts import NewParts


@dataclass
class AuditFound:
    """What the steps of an audit have found so far.

    Attributes:
        facts: The facts of every top-level prefix.
        checks: The checks that need the whole bucket.
        comparison: The changes.
        parts: The keys of new and changed assets.
        verdicts: What the rules found in each asset.
        saved: The same for the state, without assets that could not be judged.
        unknown: Why assets were not judged.
        findings: The findings of the whole bucket.
        unlisted: Published assets that an earlier listing had and this one does not have.
        checked_rules: Ids of the only rules that ran over assets; None if all did.
    """

    facts: dict[str, AssetFacts]
    checks: BucketChecks
    comparison: Comparison
    parts: NewParts
    verdicts: dict[str, AssetVerdict] = field(default_factory=dict)
    saved: dict[str, SavedVerdict] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    findings: list[AuditFinding] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)
    checked_rules: frozenset[str] | None = None

    def is_unchecked(self, finding: AuditFinding) -> bool:
        """Whether the rule of an earlier finding was not checked now, so that no one knows if it is resolved."""
        if finding_is_of_bucket(finding) and finding.rule not in OF_LISTED_ASSETS:
            return finding.rule in self.checks.unchecked
        if finding.asset in self.unlisted:
            return True
        if finding_is_of_bucket(finding):
            return finding.rule in self.checks.unchecked
        if finding.asset in self.unknown:
            return True
        verdict = self.verdicts.get(finding.asset)
        if verdict is None:
            return False  # it was removed before it was published
        is_left_out = self.checked_rules is not None and finding.rule not in self.checked_rules
        return is_left_out or finding.rule in {*verdict.unread, *(rule for rule, _ in verdict.not_checked)}


def build_result(
    address: str,
    listing: AuditListing,
    found: AuditFound,
    state: AuditState,
    not_checked: Iterable[AuditNotChecked],
    packages: Mapping[str, str],
    rules: Literal["keys", "full"],
    run_facts: RunFacts,
) -> AuditResult:
    """The result, sorted: equal for equal listings, replies and package versions.

    Args:
        address: The address of the bucket.
        listing: Its listing.
        found: What the steps have found.
        state: The state of the last audit.
        not_checked: What was not checked, apart from rules in single assets.
        packages: Versions of packages.
        rules: Which rules ran.
        run_facts: Facts about the run.
    """
    findings = [*found.findings, *(finding for verdict in found.verdicts.values() for finding in verdict.findings)]
    marked = mark_findings(findings, state.findings, listing.facts.created, found.is_unchecked)
    assets = _assets(listing, found, state, marked)
    states = Counter(asset.state for asset in assets)
    states[AssetState.NOT_AN_ASSET] += len(found.checks.strays[MAX_STRAY:])
    statuses = Counter(finding.status for finding in marked)
    row = HistoryRow(
        listing.facts.created,
        {one.value: states[one] for one in AssetState if states[one]},
        listing.facts.keys,
        listing.facts.total_bytes,
        statuses["new"],
        statuses["resolved"],
        statuses["open"],
    )
    unchecked = [*not_checked, *_unchecked_rules(found)]
    return AuditResult(
        address,
        listing.facts,
        row.states,
        assets,
        marked,
        found.comparison.changes,
        sorted(found.checks.unfinished, key=lambda attempt: (attempt.asset, attempt.key, attempt.command)),
        sorted(unchecked, key=lambda item: (item.what, item.reason, item.asset or "")),
        [*(old for old in state.history if old.time != row.time), row],
        dict(packages),
        rules,
        run_facts,
    )


def _unchecked_rules(found: AuditFound) -> list[AuditNotChecked]:
    """Rules that were not checked in some assets, and assets that were not checked."""
    assets: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, verdict in sorted(found.verdicts.items()):
        for unchecked in verdict.not_checked:
            assets[unchecked].append(name)
    rules = [
        AuditNotChecked(rule, reason, len(names), names[0] if len(names) == 1 else None)
        for (rule, reason), names in assets.items()
    ]
    return rules + [AuditNotChecked("every rule", reason, 1, name) for name, reason in found.unknown.items()]


def _assets(
    listing: AuditListing, found: AuditFound, state: AuditState, findings: Iterable[AuditFinding]
) -> list[AuditedAsset]:
    """The rows of all top-level prefixes, also of assets that are gone and have findings."""
    by_asset: dict[str, list[AuditFinding]] = defaultdict(list)
    for finding in findings:
        if finding.status != "resolved":
            by_asset[finding.asset].append(finding)
    unfinished = {attempt.asset for attempt in found.checks.unfinished if attempt.kind == "claim"}
    assets = []
    unlisted = {"", *found.checks.strays[MAX_STRAY:]}  # there can be a million
    for name in sorted({*found.facts, *by_asset} - unlisted):
        own = by_asset.get(name, [])
        asset = found.facts.get(name) or AssetFacts(name, 0, 0, None, None, None, None, "")
        row = describe_asset(
            asset, found.checks.names.get(name), found.verdicts.get(name), own, _state_of(name, own, unfinished, found)
        )
        if previous := state.assets.get(name):
            row.previous_state = AssetState(previous.state)
        if name in found.verdicts and name not in found.unknown:
            row.judged = listing.facts.created
        assets.append(row)
    return assets


def _state_of(
    name: str, findings: list[AuditFinding], unfinished: set[str], found: AuditFound
) -> tuple[AssetState, str]:
    """The state of a top-level prefix, and the reason."""
    if name not in found.facts:
        return choose_state(findings, False, "it is not in this listing")
    if name in found.checks.removed:
        return AssetState.NOT_AN_ASSET, "only the control objects of an abandoned publication are left"
    if name in found.checks.names:
        return choose_state(findings, name in unfinished, found.unknown.get(name))
    return AssetState.NOT_AN_ASSET, findings[0].message if findings else "its name is not that of an asset"
