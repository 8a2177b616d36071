"""Markdown for a step summary on GitHub, or a comment: a heading, and one table for each asset.

Names and values of assets are escaped: they cannot become a link, mention, image or markup. GitHub limits a summary to
1 MB, so a longer report is cut, with a note at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aind_lint.finding import ALREADY_PUBLISHED, Finding, Report, Severity
from aind_lint.report.related import same_cause_phrase
from aind_lint.report.summary import summary
from aind_lint.report.unchecked import unchecked_lines
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize

_SYMBOLS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}
_MAX_BYTES = 900_000

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$^=\"'])")
#: GitHub turns addresses, mentions and issues into links. An empty comment after the character prevents it.
_AUTOLINKS = re.compile(r"([:@/]|www|(?<=GH)(?=\\?-))", re.IGNORECASE)


def render(report: Report, verbose: bool = False) -> str:
    """The whole report; ``verbose`` names the rules that were not checked."""
    passed = report.exit_code() == 0
    result = "✅ aind-lint: passed" if passed else "❌ aind-lint: not passed"
    heading = f"### {result}\n\n{escape_markdown(summary(report, verbose))}\n"
    blocks = [heading]
    size = len(heading.encode())
    for block in _blocks(report, verbose):
        size += len(block.encode()) + 1
        if size > _MAX_BYTES:
            blocks.append("This summary is cut at 1 MB; see the log or another report format for the rest.\n")
            break
        blocks.append(block)
    return "\n".join(blocks)


def escape_markdown(text: str) -> str:
    """Markdown that shows the text as it is."""
    return _AUTOLINKS.sub(r"\1<!-- -->", _MARKUP.sub(r"\\\1", sanitize(text)))


def _blocks(report: Report, verbose: bool) -> Iterator[str]:
    for asset in report.assets:
        findings = [finding for finding in asset.findings if finding.rule != ALREADY_PUBLISHED]
        unchecked = unchecked_lines(asset, verbose)
        if findings or asset.crashes or unchecked:
            yield f"#### {escape_markdown(asset.path if asset.path != '.' else asset.name or '.')}\n"
            yield from _table(findings)
            yield "".join(
                f"- **internal error** in {crash.rule}: {escape_markdown(crash.error)}\n" for crash in asset.crashes
            ) + "".join(f"- not checked: {escape_markdown(line)}\n" for line in unchecked)
    if report.configuration_findings:
        yield f"#### {escape_markdown(report.configuration or 'configuration')}\n"
        yield from _table(report.configuration_findings)
    suppressed = sum(len(asset.suppressed) for asset in report.assets)
    if suppressed:
        yield f"{format_count(suppressed, 'finding')} suppressed by the configuration.\n"


def _table(findings: list[Finding]) -> Iterator[str]:
    if findings:
        rows = [_row(finding) for finding in findings]
        yield "\n".join(["| | rule | where | problem | fix |", "|-|-|-|-|-|", *rows]) + "\n"


def _row(finding: Finding) -> str:
    location = finding.location
    line = f", line {location.line}" if location.line is not None else ""
    where = f"{escape_markdown(location.file)}{line}" if location.file else "the asset"
    cells = (
        _SYMBOLS[finding.severity],
        finding.rule,
        where,
        escape_markdown(". ".join(filter(None, (finding.message, same_cause_phrase(finding))))),
        escape_markdown(finding.fix),
    )
    return f"| {' | '.join(cells)} |"
