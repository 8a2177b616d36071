"""One line per finding, for editors and grep: ``asset/file:line:column: severity[RULE] message``."""

from __future__ import annotations

from aind_lint.finding import AssetReport, Report
from aind_lint.report.inert import inert
from aind_lint.report.text import summary


def render(report: Report) -> str:
    """The whole report."""
    lines = []
    for asset in report.assets:
        for finding in asset.findings:
            place = finding.location
            position = f":{place.line}:{place.column}" if place.line is not None else ""
            label = f"{finding.severity.value}[{finding.rule}]"
            lines.append(f"{_path(asset, place.file)}{position}: {label} {inert(finding.message)}")
        lines += [f"{inert(asset.path)}: internal error[{c.rule}] {inert(c.error)}" for c in asset.crashes]
        unchecked = (item for item in asset.not_checked if item.is_news)
        lines += [f"{_path(asset, i.file)}: not checked[{i.rule}] {inert(i.because)}" for i in unchecked]
    return "\n".join([*lines, summary(report)]) + "\n"


def _path(asset: AssetReport, file: str | None) -> str:
    # A sidecar outside any asset is its own path.
    return inert(asset.path) if file is None or asset.name is None else f"{inert(asset.path)}/{inert(file)}"
