"""How often each rule finds something, and in how many assets."""

from __future__ import annotations

from collections import Counter

import click

from aind_lint.finding import Report, Severity
from aind_lint.report.summary import summary
from aind_lint.text.quantities import count
from aind_lint.text.sanitize import sanitize

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render(report: Report) -> str:
    """One line for every rule with findings, the most frequent first, and the summary."""
    findings = Counter((one.rule, one.name, one.severity) for one in report.findings)
    assets = Counter(rule for asset in report.assets for rule in {finding.rule for finding in asset.findings})
    lines = []
    for (rule, name, severity), number in sorted(findings.items(), key=lambda item: (-item[1], item[0])):
        label = click.style(f"{severity.value:<8}", fg=_COLOURS[severity])
        lines.append(f"{number:>7,}  {rule}  {label} {sanitize(name)}  (in {count(assets[rule], 'asset')})")
    return "\n".join([*lines, *([""] if lines else []), summary(report)]) + "\n"
