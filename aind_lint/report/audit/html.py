"""One self-contained page of an audit, which a data steward reads in a minute: what changed comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from typing import Any

from markupsafe import Markup

from aind_lint.audit.model import AssetState, AuditedAsset, AuditFinding, AuditResult
from aind_lint.report.audit import charts
from aind_lint.report.audit.summary import (
    by_rule,
    change_rows,
    cost_by_class,
    current,
    describe_hours,
    describe_input,
    in_state,
    monthly_dollars,
    unchecked_by_reason,
    with_status,
)
from aind_lint.report.page.render import MAX_ROWS, render_page
from aind_lint.report.page.svg_charts import bar

_TEMPLATE = resources.files("aind_lint.report.audit").joinpath("html_templates").joinpath("audit.html")

#: Changed objects of one asset that get a row each.
_MAX_OBJECTS = 20

#: States that the page shows before everything else, and states of assets without a fault.
_URGENT = (AssetState.DAMAGED, AssetState.CONFLICT)
_QUIET = (AssetState.OK, AssetState.NOT_AN_ASSET)


def render(result: AuditResult) -> str:
    """The whole page; tables have at most `MAX_ROWS` rows, and the rest is counted."""
    assets = {asset.name: asset for asset in result.assets}
    findings = list(current(result))
    changes = [change for change in result.changes if change.category != "indexer"]
    indexer = [change for change in result.changes if change.category == "indexer"]
    problems = sorted(
        (asset for asset in result.assets if asset.state not in _QUIET),
        key=lambda asset: (list(AssetState).index(asset.state), asset.name),
    )
    return render_page(
        _TEMPLATE,
        result=result,
        input_line=describe_input(result.input),
        hours=describe_hours,
        max_rows=MAX_ROWS,
        tiles=_tiles(result),
        severities=[(name, sum(one.severity == name for one in findings)) for name in ("error", "warning", "info")],
        statuses=[(status, _rules(with_status(result, status))) for status in ("new", "open", "resolved")],
        changes=change_rows(result, changes, _MAX_OBJECTS),
        indexer=change_rows(result, indexer, _MAX_OBJECTS),
        written_by_indexer=len(indexer),
        urgent=in_state(result, *_URGENT),
        problems=problems,
        charts=[chart for chart in charts.all_charts(result) if chart],
        maps=charts.heat_maps(findings, assets),
        projects=_count_findings(findings, lambda finding: _project(assets.get(finding.asset))),
        costs=_costs(result.assets),
        unchecked=unchecked_by_reason(result),
    )


def _tiles(result: AuditResult) -> list[tuple[str, str, int]]:
    """Color, words and number of the counts at the top."""
    new, still, resolved = (len(with_status(result, status)) for status in ("new", "open", "resolved"))
    tiles = [
        ("error" if new else "good", "new findings", new),
        ("good", "resolved", resolved),
        ("warning" if still else "good", "still open", still),
    ]
    for state in (*_URGENT, AssetState.UNFINISHED):
        number = result.states.get(state.value, 0)
        tiles.append(("error" if number else "good", f"{state.value} assets", number))
    tiles.append(("info", f"of {len(result.assets):,} assets ok", result.states.get(AssetState.OK.value, 0)))
    return tiles


def _rules(findings: Sequence[AuditFinding]) -> dict[str, Any]:
    """The findings of one status by rule, up to `MAX_ROWS`. Every rule shows some, whatever the others have."""
    groups = by_rule(findings)
    each = max(1, MAX_ROWS // len(groups)) if len(findings) > MAX_ROWS else MAX_ROWS
    return {"number": len(findings), "groups": groups[:MAX_ROWS], "each": each}


def _project(asset: AuditedAsset | None) -> str:
    return (asset.project if asset else None) or "unknown"


def _count_findings(
    findings: Iterable[AuditFinding], of: Callable[[AuditFinding], str]
) -> list[tuple[str, int, int, Markup]]:
    """Name, findings, assets and a bar of each group, the largest first."""
    numbers: Counter[str] = Counter()
    assets: dict[str, set[str]] = {}
    for finding in findings:
        name = of(finding)
        numbers[name] += 1
        assets.setdefault(name, set()).add(finding.asset)
    largest = max(numbers.values(), default=0)
    return [(name, number, len(assets[name]), bar(number, largest, "c0")) for name, number in numbers.most_common()]


def _costs(assets: Sequence[AuditedAsset]) -> list[tuple[str, list[tuple[str, int, int, float | None, Markup]]]]:
    """By modality, storage class and state: name, assets, bytes, dollars for a month, and a bar."""
    by_class: dict[str, list[tuple[AuditedAsset, dict[str, int]]]] = {}
    for asset in assets:
        for name, size in cost_by_class([asset]).items():
            by_class.setdefault(name, []).append((asset, {name: size}))
    groupings = [
        ("modality", _group(assets, lambda asset: "+".join(asset.modalities) or "unknown")),
        ("storage class", by_class),
        ("state", _group(assets, lambda asset: asset.state.value)),
    ]
    return [(title, _cost_rows(groups)) for title, groups in groupings]


def _group(
    assets: Iterable[AuditedAsset], key: Callable[[AuditedAsset], str]
) -> dict[str, list[tuple[AuditedAsset, dict[str, int]]]]:
    groups: dict[str, list[tuple[AuditedAsset, dict[str, int]]]] = {}
    for asset in assets:
        groups.setdefault(key(asset), []).append((asset, cost_by_class([asset])))
    return groups


def _cost_rows(
    groups: dict[str, list[tuple[AuditedAsset, dict[str, int]]]],
) -> list[tuple[str, int, int, float | None, Markup]]:
    totals: dict[str, Counter[str]] = {}
    for name, members in groups.items():
        totals[name] = Counter()
        for _, sizes in members:
            totals[name].update(sizes)
    bytes_of = {name: sum(sizes.values()) for name, sizes in totals.items()}
    largest = max(bytes_of.values(), default=0)
    ordered = sorted(groups, key=lambda name: (-bytes_of[name], name))
    return [
        (name, len(groups[name]), bytes_of[name], monthly_dollars(totals[name]), bar(bytes_of[name], largest, "c6"))
        for name in ordered
    ]
