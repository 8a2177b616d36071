"""The number of findings of each rule: what ``check --statistics`` prints instead of the text report."""

from __future__ import annotations

from collections import Counter

import click

from aind_lint.finding import Report, Severity
from aind_lint.report.summary import summary
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render_statistics(report: Report, verbose: bool = False) -> str:
    """One line for every rule with findings, the most frequent rule first, and the summary.

    The lines count every violation; the summary counts findings with the same cause once.
    """
    findings = Counter((finding.rule, finding.name, finding.severity) for finding in report.all_findings)
    assets = Counter(rule for asset in report.assets for rule in {finding.rule for finding in asset.all_findings})
    lines = []
    for (rule, name, severity), number in sorted(findings.items(), key=lambda item: (-item[1], item[0])):
        label = click.style(f"{severity.value:<8}", fg=_COLORS[severity])
        lines.append(f"{number:>7,}  {rule}  {label} {sanitize(name)}  (in {format_count(assets[rule], 'asset')})")
    return "\n".join([*lines, *([""] if lines else []), summary(report, verbose)]) + "\n"
