"""What the configuration silences, for who wants to see it."""

from __future__ import annotations

import click

from aind_lint.finding import Report
from aind_lint.report.paths import path_of
from aind_lint.text.sanitize import sanitize


def render(report: Report) -> str:
    """One line for every suppressed finding, with the reason; empty when there is none."""
    lines = []
    for asset in report.assets:
        for item in asset.suppressed:
            place = item.finding.location
            line = f":{place.line}:{place.column}" if place.line is not None else ""
            until = f"; until {item.until}" if item.until else ""
            label = click.style(f"suppressed[{item.finding.rule}]", dim=True)
            path = sanitize(path_of(asset, place.file))
            lines.append(f"{path}{line}: {label} {sanitize(item.finding.message)} ({sanitize(item.reason)}{until})")
    return "".join(f"{line}\n" for line in lines)
