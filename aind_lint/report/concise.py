"""One line per finding, for editors and grep: ``asset/file:line:column: severity[RULE] message``."""

from __future__ import annotations

from aind_lint.finding import Report
from aind_lint.report.paths import path_of, placed
from aind_lint.report.summary import summary
from aind_lint.text.sanitize import sanitize


def render(report: Report) -> str:
    """The whole report."""
    lines = []
    for one in placed(report):
        place = one.finding.location
        position = f":{place.line}:{place.column}" if place.line is not None else ""
        label = f"{one.finding.severity.value}[{one.finding.rule}]"
        lines.append(f"{sanitize(one.path)}{position}: {label} {sanitize(one.finding.message)}")
    for asset in report.assets:
        lines += [f"{sanitize(asset.path)}: internal error[{c.rule}] {sanitize(c.error)}" for c in asset.crashes]
        unchecked = (item for item in asset.not_checked if item.is_news)
        lines += [f"{sanitize(path_of(asset, i.file))}: not checked[{i.rule}] {sanitize(i.because)}" for i in unchecked]
    return "\n".join([*lines, summary(report)]) + "\n"
