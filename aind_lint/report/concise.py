"""One line per finding, for editors and grep: ``asset/file:line:column: severity[RULE] message``."""

from __future__ import annotations

from aind_lint.finding import Report
from aind_lint.report.inert import inert
from aind_lint.report.place import path_of, placed
from aind_lint.report.summary import summary


def render(report: Report) -> str:
    """The whole report."""
    lines = []
    for one in placed(report):
        place = one.finding.location
        position = f":{place.line}:{place.column}" if place.line is not None else ""
        label = f"{one.finding.severity.value}[{one.finding.rule}]"
        lines.append(f"{inert(one.path)}{position}: {label} {inert(one.finding.message)}")
    for asset in report.assets:
        lines += [f"{inert(asset.path)}: internal error[{c.rule}] {inert(c.error)}" for c in asset.crashes]
        unchecked = (item for item in asset.not_checked if item.is_news)
        lines += [f"{inert(path_of(asset, i.file))}: not checked[{i.rule}] {inert(i.because)}" for i in unchecked]
    return "\n".join([*lines, summary(report)]) + "\n"
