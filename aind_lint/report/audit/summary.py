"""What reports of an audit count and how they describe it in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aind_lint.audit.audit_rules import OBJECT_LOST
from aind_lint.audit.model import AssetState, AuditedAsset, AuditFinding, AuditNotChecked, AuditResult, ObjectChange
from aind_lint.audit.run_facts import InputFacts
from aind_lint.text.quantities import format_bytes, format_count

#: Dollars for a gigabyte and month. Source: list prices of S3 in us-west-2, first 50 TB, without requests and transfer.
_PRICES = {
    "STANDARD": 0.023,
    "INTELLIGENT_TIERING": 0.023,
    "STANDARD_IA": 0.0125,
    "ONEZONE_IA": 0.01,
    "GLACIER_IR": 0.004,
    "GLACIER": 0.0036,
    "DEEP_ARCHIVE": 0.00099,
}

_SEVERITIES = ("error", "warning", "info")

#: Categories of changes, the most serious first.
_CATEGORIES = ("damaged", "unconfirmed", "warning", "indexer")

#: Kinds of listings in words.
_KINDS = {"inventory": "Inventory", "list": "LIST of the bucket", "directory": "Listing of the folder"}


def with_status(result: AuditResult, status: str) -> list[AuditFinding]:
    """The findings with this status, the most severe first."""
    chosen = [finding for finding in result.findings if finding.status == status]
    return sorted(chosen, key=lambda finding: _SEVERITIES.index(finding.severity))


def current(result: AuditResult) -> Iterator[AuditFinding]:
    """The new and the open findings."""
    return (finding for finding in result.findings if finding.status != "resolved")


def in_state(result: AuditResult, *states: AssetState) -> list[AuditedAsset]:
    """The assets in these states, in the order of the states."""
    chosen = [asset for asset in result.assets if asset.state in states]
    return sorted(chosen, key=lambda asset: list(AssetState).index(asset.state))


@dataclass(frozen=True)
class ChangeRow:
    """One row about changed objects: an object, all of an asset that is gone, or those of an asset beyond a limit.

    Attributes:
        category: Their category.
        place: The name of the asset, with the key of a single object.
        what: What happened.
        change: The single object; None for several.
        since: Time of the listing in which the change was first found.
    """

    category: str
    place: str
    what: str
    change: ObjectChange | None
    since: str


def change_rows(result: AuditResult, changes: Iterable[ObjectChange], each: int) -> list[ChangeRow]:
    """Rows about changed objects, damage first; no asset hides the others.

    Args:
        result: The result that the changes are from.
        changes: The changes to show.
        each: Objects of one asset that get a row of their own.
    """
    lost = {finding.asset: finding.count for finding in result.findings if finding.rule == OBJECT_LOST.id}
    not_listed = {asset.name for asset in result.assets if not asset.keys}
    groups: dict[tuple[int, str], list[ObjectChange]] = {}
    for change in sorted(changes, key=lambda change: (_CATEGORIES.index(change.category), change.asset, change.key)):
        groups.setdefault((_CATEGORIES.index(change.category), change.asset), []).append(change)
    rows = []
    for (_, asset), group in groups.items():
        first = group[0]
        if asset in not_listed and first.category == "damaged":
            what = f"the whole asset is gone: {format_count(max(len(group), lost.get(asset, 0)), 'object')}"
            rows.append(ChangeRow(first.category, asset, what, None, first.since))
            continue
        rows += (
            ChangeRow(one.category, f"{asset}/{one.key}", describe_change(one), one, one.since) for one in group[:each]
        )
        if len(group) > each:
            what = format_count(len(group) - each, "more object")
            rows.append(ChangeRow(first.category, asset, what, None, first.since))
    return rows


def is_new(change: ObjectChange | ChangeRow, result: AuditResult) -> bool:
    """Whether this audit is the first that found the change."""
    return change.since in ("", result.input.created)


def unchecked_by_reason(result: AuditResult) -> list[tuple[str, list[str], int, list[str]]]:
    """What was not checked: the reason, rules or words, number of assets, and named assets; the most frequent first."""
    groups: dict[str, list[AuditNotChecked]] = {}
    for item in result.not_checked:
        groups.setdefault(item.reason, []).append(item)
    rows = [
        (
            reason,
            list(dict.fromkeys(item.what for item in items)),
            max(item.assets for item in items),
            sorted({item.asset for item in items if item.asset is not None}),
        )
        for reason, items in groups.items()
    ]
    return sorted(rows, key=lambda row: (-len(row[1]), row[0]))


def describe_input(facts: InputFacts) -> str:
    """Where the listing comes from, how old it is, and what was verified, in one line."""
    verified = f"{format_count(facts.files, 'file')} verified by MD5, " if facts.kind == "inventory" else ""
    form = f" ({facts.file_format})" if facts.file_format else ""
    rows = f"{format_count(facts.rows, 'row')}, " if facts.rows != facts.keys else ""
    content = f"{verified}{rows}{format_count(facts.keys, 'object')}, {format_bytes(facts.total_bytes)}"
    return f"{_KINDS[facts.kind]}{form} of {facts.created}, {describe_hours(facts.age_hours)} old: {content}"


def describe_hours(hours: float | None) -> str:
    """A duration, such as ``25 h`` or ``12 days``; "unknown" without one."""
    if hours is None:
        return "unknown"
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def describe_change(change: ObjectChange) -> str:
    """What happened to an object, such as ``changed: 12 bytes to 14 bytes``."""
    old = None if change.old_size is None else format_bytes(change.old_size)
    new = None if change.new_size is None else format_bytes(change.new_size)
    if change.kind == "lost":
        return f"lost: was {old}" if old else "lost"
    if change.kind == "added":
        return f"added: {new}" if new else "added"
    if change.old_size == change.new_size:
        return f"changed: same size ({new})"
    if old == new:  # rounded
        return f"changed: {change.old_size:,} to {change.new_size:,} bytes"
    return f"changed: {old} to {new}"


def by_rule(findings: Iterable[AuditFinding]) -> list[tuple[str, str, str, list[AuditFinding]]]:
    """Rule, name, severity and findings of each rule: the most severe first, then the most frequent."""
    rules: dict[str, list[AuditFinding]] = {}
    for finding in findings:
        rules.setdefault(finding.rule, []).append(finding)
    groups = [
        (rule, found[0].name, min((one.severity for one in found), key=_SEVERITIES.index), found)
        for rule, found in rules.items()
    ]
    return sorted(groups, key=lambda group: (_SEVERITIES.index(group[2]), -len(group[3]), group[0]))


def cost_by_class(assets: Iterable[AuditedAsset]) -> dict[str, int]:
    """Bytes by storage class, the largest first."""
    total: Counter[str] = Counter()
    for asset in assets:
        total.update(asset.bytes_by_class or {"not in the listing": asset.total_bytes})
    return dict(total.most_common())


def monthly_dollars(bytes_by_class: dict[str, int]) -> float | None:
    """The list price of storing this for a month; None if no storage class of it has a known price."""
    known = [size / 1e9 * _PRICES[name] for name, size in bytes_by_class.items() if name in _PRICES]
    return sum(known) if known else None
