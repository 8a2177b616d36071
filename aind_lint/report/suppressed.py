"""The suppressed findings: what ``check --show-suppressed`` prints before the report."""

from __future__ import annotations

import click

from aind_lint.finding import Report
from aind_lint.report.located_findings import path_of
from aind_lint.text.sanitize import sanitize


def render_suppressed(report: Report) -> str:
    """One line for every suppressed finding, with its reason; empty when there is none."""
    lines = []
    for asset in report.assets:
        for item in asset.suppressed:
            location = item.finding.location
            line = f":{location.line}:{location.column}" if location.line is not None else ""
            until = f"; until {item.until}" if item.until else ""
            label = click.style(f"suppressed[{item.finding.rule}]", dim=True)
            path = sanitize(path_of(asset, location.file))
            lines.append(f"{path}{line}: {label} {sanitize(item.finding.message)} ({sanitize(item.reason)}{until})")
    return "".join(f"{line}\n" for line in lines)
