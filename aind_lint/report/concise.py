"""One line per finding, for editors and grep: ``asset/file:line:column: severity[RULE] message``."""

from __future__ import annotations

from aind_lint.finding import Report
from aind_lint.report.inert import inert
from aind_lint.report.text import summary


def render(report: Report) -> str:
    """The whole report."""
    lines = []
    for asset in report.assets:
        for finding in asset.findings:
            place = finding.location
            # A sidecar outside any asset is its own path.
            file = "" if place.file is None or asset.name is None else f"/{place.file}"
            position = f":{place.line}:{place.column}" if place.line is not None else ""
            label = f"{finding.severity.value}[{finding.rule}]"
            lines.append(f"{inert(asset.path)}{inert(file)}{position}: {label} {inert(finding.message)}")
        lines += [f"{inert(asset.path)}: internal error[{c.rule}] {inert(c.error)}" for c in asset.crashes]
        lines += [f"{inert(asset.path)}: not checked[{i.rule}] {inert(i.because)}" for i in asset.not_checked]
    return "\n".join([*lines, summary(report)]) + "\n"
