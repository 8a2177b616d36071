"""The number of findings of each rule: what ``check --statistics`` prints instead of the text report."""

from __future__ import annotations

from collections import Counter

import click

from aind_lint.finding import Finding, Report, Severity
from aind_lint.report.summary import summary
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize
from aind_lint.text.wrap import wrap

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render_statistics(report: Report, verbose: bool = False, width: int | None = None) -> str:
    """One line for every rule with findings, the most frequent rule first, and the summary.

    The lines count every violation; the summary counts findings with the same cause once.
    """
    findings = Counter(map(_key, report.all_findings))
    # A rule can have findings of several severities, each with assets of its own.
    assets = Counter(key for asset in report.assets for key in {_key(finding) for finding in asset.all_findings})
    lines = []
    for key, number in sorted(findings.items(), key=lambda item: (-item[1], item[0])):
        rule, name, severity = key
        label = click.style(f"{severity.value:<8}", fg=_COLORS[severity])
        affected = format_count(assets[key], "asset")
        lines.append(f"{number:>7,}  {rule}  {label} {sanitize(name)}  (in {affected})")
    return "\n".join([*lines, *([""] if lines else []), wrap(summary(report, verbose), width, 0)]) + "\n"


def _key(finding: Finding) -> tuple[str, str, Severity]:
    return finding.rule, finding.name, finding.severity
