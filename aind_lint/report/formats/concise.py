"""One line per finding, for editors and grep: ``asset/file:line:column: severity[RULE] message``."""

from __future__ import annotations

from aind_lint.finding import Report
from aind_lint.report.located_findings import locate_findings
from aind_lint.report.related import same_cause_phrase
from aind_lint.report.summary import summary
from aind_lint.report.unchecked import unchecked_lines
from aind_lint.text.sanitize import sanitize
from aind_lint.text.separators import native_path


def render(report: Report, verbose: bool = False) -> str:
    """The whole report; ``verbose`` names the rules that were not checked."""
    lines = []
    for located in locate_findings(report):
        finding = located.finding
        location = finding.location
        position = f":{location.line}:{location.column}" if location.line is not None else ""
        label = f"{finding.severity.value}[{finding.rule}]"
        same = f" ({phrase})" if (phrase := same_cause_phrase(finding)) else ""
        fixable = " [fixable]" if finding.fixable else ""
        message = f"{sanitize(finding.message)}{same}{fixable}"
        lines.append(f"{sanitize(native_path(located.path))}{position}: {label} {message}")
    for asset in report.assets:
        path = sanitize(native_path(asset.path))
        lines += [f"{path}: internal error[{crash.rule}] {sanitize(crash.error)}" for crash in asset.crashes]
        if asset.read_error:
            lines.append(f"{path}: error: {sanitize(asset.read_error)}")
        lines += [f"{path}: not checked: {line}" for line in unchecked_lines(asset, verbose)]
    return "\n".join([*lines, summary(report, verbose)]) + "\n"
