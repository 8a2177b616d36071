"""Markdown for a step's summary on GitHub, or a comment: a heading, one table for each asset, and what to do.

Names and values of assets appear as what they are: they make no link, mention, image or markup. A summary holds one
megabyte on GitHub, so a longer report ends early, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aind_lint.finding import ALREADY_PUBLISHED, Finding, Report, Severity
from aind_lint.report.summary import summary
from aind_lint.text.quantities import count
from aind_lint.text.sanitize import sanitize

_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}
_LONGEST = 900_000

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$^=\"'])")
#: What GitHub turns into links by itself: addresses, mentions, issues. An empty comment after the sign prevents it.
_LINKS = re.compile(r"([:@/]|www|(?<=GH)(?=\\?-))", re.IGNORECASE)


def render(report: Report) -> str:
    """The whole report."""
    passed = report.exit_code() == 0
    verdict = "✅ aind-lint: passed" if passed else "❌ aind-lint: not passed"
    heading = f"### {verdict}\n\n{plain(summary(report))}\n"
    blocks = [heading]
    size = len(heading.encode())
    for block in _blocks(report):
        size += len(block.encode()) + 1
        if size > _LONGEST:
            blocks.append("The rest does not fit here; the log or another format of the report holds it.\n")
            break
        blocks.append(block)
    return "\n".join(blocks)


def plain(text: str) -> str:
    """A text from outside as Markdown that shows just that text."""
    return _LINKS.sub(r"\1<!-- -->", _MARKUP.sub(r"\\\1", sanitize(text)))


def _blocks(report: Report) -> Iterator[str]:
    for asset in report.assets:
        findings = [finding for finding in asset.findings if finding.rule != ALREADY_PUBLISHED]
        unchecked = [item for item in asset.not_checked if item.is_news]
        if findings or asset.crashes or unchecked:
            yield f"#### {plain(asset.path if asset.path != '.' else asset.name or '.')}\n"
            yield from _table(findings)
            yield "".join(
                f"- **internal error** in {crash.rule}: {plain(crash.error)}\n" for crash in asset.crashes
            ) + "".join(
                f"- not checked: {item.rule} {plain(item.file or '')}: {plain(item.because)}\n" for item in unchecked
            )
    if report.configuration_findings:
        yield f"#### {plain(report.configuration or 'configuration')}\n"
        yield from _table(report.configuration_findings)
    silenced = sum(len(asset.suppressed) for asset in report.assets)
    if silenced:
        yield f"{count(silenced, 'finding')} suppressed by the configuration.\n"


def _table(findings: list[Finding]) -> Iterator[str]:
    if findings:
        rows = [_row(finding) for finding in findings]
        yield "\n".join(["| | rule | place | what is wrong | what to do |", "|-|-|-|-|-|", *rows]) + "\n"


def _row(finding: Finding) -> str:
    place = finding.location
    line = f", line {place.line}" if place.line is not None else ""
    where = f"{plain(place.file)}{line}" if place.file else "the asset"
    cells = (_SIGNS[finding.severity], finding.rule, where, plain(finding.message), plain(finding.fix))
    return f"| {' | '.join(cells)} |"
