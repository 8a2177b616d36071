"""The charts of an audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from markupsafe import Markup

from aind_lint.audit.model import AssetState, AuditedAsset, AuditFinding, AuditResult
from aind_lint.report.audit.summary import by_rule, current
from aind_lint.report.page.rule_links import rule_link
from aind_lint.report.page.svg_charts import Series, columns, heat_map
from aind_lint.text.sanitize import sanitize

#: Columns of a chart over time, and of a heat map: more do not fit beside each other.
_MAX_COLUMNS = 60
_MAX_GROUPS = 12

#: Rows of a heat map.
_MAX_RULES = 40

#: The class of the color of each state.
STATE_COLORS = {state: f"c{number}" for number, state in enumerate(AssetState)}


def all_charts(result: AuditResult) -> list[Markup]:
    """States over time, new against resolved, bytes by state, findings by month of acquisition."""
    rows = result.history[-_MAX_COLUMNS:]
    days = [row.time[:10] for row in rows]
    times = days if len(set(days)) == len(days) else [row.time[5:16].replace("T", " ") for row in rows]
    states = [
        Series(state.value, STATE_COLORS[state], [row.states.get(state.value, 0) for row in rows])
        for state in AssetState
        if state is not AssetState.OK
    ]
    changes = [
        Series("new", "c0", [row.new for row in rows]),
        Series("resolved", "c7", [-row.resolved for row in rows]),
    ]
    return [
        columns("Assets that are not ok, by state, over time", times, states, "assets"),
        columns("New findings above the line, resolved below", times, changes, "findings"),
        _bytes_by_state(result),
        _by_month(result),
    ]


def _bytes_by_state(result: AuditResult) -> Markup:
    sizes: Counter[AssetState] = Counter()
    for asset in result.assets:
        sizes[asset.state] += asset.total_bytes
    shown = [state for state in AssetState if sizes[state]]
    series = [
        Series(state.value, STATE_COLORS[state], [sizes[state] if one is state else 0 for one in shown])
        for state in shown
    ]
    return columns("Bytes by state", [state.value for state in shown], series, "bytes")


def _by_month(result: AuditResult) -> Markup:
    months = {asset.name: asset.acquired for asset in result.assets}
    counted = {severity: Counter[str]() for severity in ("error", "warning", "info")}
    for finding in current(result):
        if month := months.get(finding.asset):
            counted[finding.severity][month] += 1
    shown = sorted({month for numbers in counted.values() for month in numbers})[-_MAX_COLUMNS:]
    series = [Series(severity, severity, [numbers[month] for month in shown]) for severity, numbers in counted.items()]
    return columns("Findings by month of acquisition", shown, series, "findings")


def heat_maps(findings: Iterable[AuditFinding], assets: Mapping[str, AuditedAsset]) -> list[Markup]:
    """Findings by rule and generation of the metadata, and by rule and modality."""
    found = list(findings)

    def generations(asset: AuditedAsset | None) -> list[str]:
        return [(asset.era if asset else None) or "unknown"]

    def modalities(asset: AuditedAsset | None) -> list[str]:
        return list(asset.modalities if asset else []) or ["unknown"]

    return [
        _heat_map("Findings by rule and generation of the metadata", found, assets, generations),
        _heat_map("Findings by rule and modality", found, assets, modalities),
    ]


def _heat_map(
    title: str,
    findings: list[AuditFinding],
    assets: Mapping[str, AuditedAsset],
    groups_of: Callable[[AuditedAsset | None], list[str]],
) -> Markup:
    if not findings:
        return Markup("")
    numbers: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for finding in findings:
        for group in groups_of(assets.get(finding.asset)):
            numbers[finding.rule, group] += 1
            totals[group] += 1
    across = sorted(group for group, _ in totals.most_common(_MAX_GROUPS))
    rules = by_rule(findings)
    rows = {_heading(rule, name): [numbers[rule, group] for group in across] for rule, name, _, _ in rules[:_MAX_RULES]}
    more = len(rules) - _MAX_RULES
    note = Markup('<p class="soft">{:,} more rules not shown.</p>').format(more) if more > 0 else Markup("")
    return heat_map(title, "rule", across, rows) + note


def _heading(rule: str, name: str) -> Markup:
    link = rule_link(rule)
    named = Markup('<a href="{}" rel="noreferrer">{}</a>').format(link, rule) if link else Markup("{}").format(rule)
    return named + Markup(" {}").format(sanitize(name))
