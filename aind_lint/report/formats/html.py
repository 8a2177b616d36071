"""One self-contained page to read, search and print: of one asset, or of several.

The page of one asset has the failures first, by file. The page of several begins with the rules that failed and with a
grid of assets and rules; the findings of each asset are below, closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup

from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Finding, Report, Severity
from aind_lint.report.page.render import MAX_ROWS, render_page
from aind_lint.report.page.svg_charts import bar, heat_map
from aind_lint.report.summary import summary
from aind_lint.report.unchecked import unchecked_lines
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize

#: Findings of an open page: beyond these, files without errors are closed, and so are further files.
_MAX_OPEN = 20

#: Findings of the whole page. Every asset shows some, whatever the others have.
_MAX_FINDINGS = 3000

#: Columns of the grid: more do not fit on a screen.
_MAX_COLUMNS = 24

_TEMPLATES = resources.files("aind_lint.report.formats").joinpath("html_templates")


@dataclass(frozen=True)
class _Group:
    """The findings of one file, the most severe first."""

    title: str
    findings: list[Finding]
    counts: list[tuple[str, int]]
    is_open: bool


@dataclass(frozen=True)
class _Asset:
    """What the page shows of one asset.

    Attributes:
        report: Its report.
        number: Its place in the report, which links use.
        facts: Level, modalities, generation and profile in one line.
        groups: Its findings by file.
        counts: The number of findings of each severity.
        left_out: How many findings the page does not show.
        unchecked: What was not checked, one line for each reason.
    """

    report: AssetReport
    number: int
    facts: str
    groups: list[_Group]
    counts: list[tuple[str, int]]
    left_out: int
    unchecked: list[str]

    @property
    def rank(self) -> int:
        """0 for an asset that was not checked completely or has errors, rising with less severe findings."""
        if self.is_incomplete:
            return 0
        return next((rank for rank, (_, number) in enumerate(self.counts) if number), len(self.counts))

    @property
    def is_incomplete(self) -> bool:
        """Whether the asset or the bucket could not be read, or a rule crashed."""
        return bool(self.report.crashes or self.report.read_error or self.report.bucket_error)


def render(report: Report, verbose: bool = False) -> str:
    """The whole report; it always names the rules that were not checked."""
    limit = _share([len(asset.findings) for asset in report.assets], _MAX_FINDINGS)
    assets = [_asset(asset, number, limit) for number, asset in enumerate(report.assets)]
    findings = [finding for finding in report.findings if finding.rule != ALREADY_PUBLISHED]
    assets.sort(key=lambda asset: asset.rank)
    single = len(assets) == 1
    return render_page(
        _TEMPLATES.joinpath("asset.html" if single else "assets.html"),
        report=report,
        passed=report.exit_code() == 0,
        summary=summary(report, verbose=True),
        severities=_counts(findings),
        findings=len(findings),
        assets=assets,
        configuration=_groups(report.configuration_findings[:MAX_ROWS], "", _MAX_OPEN),
        **({} if single else _overview(report, assets)),
    )


def _overview(report: Report, assets: Sequence[_Asset]) -> dict[str, object]:
    """The bars of rules, the grid of assets and rules, and how many assets have which result."""
    found = [finding for finding in report.findings if finding.rule != ALREADY_PUBLISHED]
    ranks: dict[str, int] = {}
    for finding in found:
        ranks[finding.rule] = min(finding.severity.rank, ranks.get(finding.rule, len(Severity)))
    rules = Counter((finding.rule, finding.name) for finding in found)
    ordered = sorted(rules.items(), key=lambda item: (ranks[item[0][0]], -item[1], item[0]))
    affected = Counter(rule for asset in report.assets for rule in {finding.rule for finding in asset.findings})
    largest = max(rules.values(), default=0)
    bars = []
    for (rule, name), number in ordered[:MAX_ROWS]:
        severity = list(Severity)[ranks[rule]].value
        bars.append((rule, name, severity, number, affected[rule], bar(number, largest, severity)))
    failing = [asset for asset in assets if asset.rank < len(Severity)]
    return {
        "bars": bars,
        "rules": len(ordered),
        "grid": _grid(failing[:MAX_ROWS], [rule for (rule, _), _ in ordered[:_MAX_COLUMNS]]),
        "columns": _MAX_COLUMNS,
        "failing": failing,
        "good": [asset for asset in assets if asset.rank == len(Severity)],
        "unread": any(asset.is_incomplete for asset in assets),
        "results": Counter(asset.rank for asset in assets),
        "max_rows": MAX_ROWS,
    }


def _grid(assets: Sequence[_Asset], rules: Sequence[str]) -> object:
    rows = {}
    for asset in assets:
        counted = Counter(finding.rule for finding in asset.report.findings)
        heading = Markup('<a href="#asset-{}">{}</a>').format(asset.number, sanitize(asset.report.path))
        rows[heading] = [counted[rule] for rule in rules]
    return heat_map("Findings by asset and rule", "asset", rules, rows)


def _asset(asset: AssetReport, number: int, limit: int) -> _Asset:
    findings = [finding for finding in asset.findings if finding.rule != ALREADY_PUBLISHED]
    facts = (asset.level, ", ".join(asset.modalities), f"metadata {asset.generation or 'unknown'}")
    content = (f"profile {asset.profile}", format_count(asset.files, "file"), format_bytes(asset.size))
    shown = sorted(findings, key=lambda finding: finding.severity.rank)[:limit]
    return _Asset(
        report=asset,
        number=number,
        facts=" · ".join(fact for fact in (*facts, *content) if fact),
        groups=_groups(shown, asset.path if asset.name is None else "The asset", _MAX_OPEN),
        counts=_counts(findings),
        left_out=len(findings) - len(shown),
        unchecked=unchecked_lines(asset, verbose=True),
    )


def _groups(findings: Sequence[Finding], unnamed: str, open_limit: int) -> list[_Group]:
    """The findings by file, the file with the most severe finding first."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.location.file or "", []).append(finding)
    ordered = sorted(by_file.items(), key=lambda item: (min(one.severity.rank for one in item[1]), item[0]))
    groups: list[_Group] = []
    shown = 0
    for file, found in ordered:
        shown += len(found)
        is_open = not groups or (shown <= open_limit and any(one.severity is Severity.ERROR for one in found))
        groups.append(_Group(file or unnamed, found, _counts(found), is_open))
    return groups


def _counts(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    counted = Counter(finding.severity for finding in findings)
    return [(severity.value, counted[severity]) for severity in Severity]


def _share(numbers: Sequence[int], total: int) -> int:
    """The largest limit for each with which all together are at most ``total``; at least 1."""
    if sum(numbers) <= total:
        return max(numbers, default=0)
    limit = 1
    while sum(min(number, limit * 2) for number in numbers) <= total:
        limit *= 2
    return min(limit, MAX_ROWS)
