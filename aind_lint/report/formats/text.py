"""The report a person reads in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import click

from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Finding, Location, Report, Severity
from aind_lint.report.related import same_cause_line
from aind_lint.report.summary import summary
from aind_lint.report.unchecked import unchecked_lines
from aind_lint.text.sanitize import display_width, sanitize
from aind_lint.text.separators import native_path

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render(report: Report, verbose: bool = False) -> str:
    """The whole report, with color codes that the caller removes where colors are not wanted.

    Args:
        report: The report.
        verbose: Name the rules that were not checked, with the reason for each.
    """
    blocks = [block for asset in report.assets if (block := asset_block(asset, verbose))]
    if report.configuration_findings:
        heading = click.style(sanitize(native_path(report.configuration or "configuration")), bold=True)
        blocks.append("\n".join([heading, *_findings(report.configuration_findings)]))
    return "\n\n".join([*blocks, summary(report, verbose)]) + "\n"


def asset_block(asset: AssetReport, verbose: bool = False) -> str:
    """The findings of one asset and what was not checked in it; empty when there is neither.

    The summary or the command reports that an asset is published already.
    """
    findings = [finding for finding in asset.findings if finding.rule != ALREADY_PUBLISHED]
    unchecked = unchecked_lines(asset, verbose)
    if not (findings or asset.crashes or unchecked):
        return ""
    lines = [_header(asset), *_findings(findings)]
    for crash in asset.crashes:
        label = click.style(f"internal error[{crash.rule}]", fg="red", bold=True)
        lines += ["", f"{label}: {sanitize(crash.error)}"]
        lines.append("   = note: this rule crashed, so the asset cannot be published")
        lines.append("   = help: please report this bug; AIND_LINT_DEBUG=1 shows where it happened")
    if unchecked:
        lines += ["", *(f"{click.style('not checked', fg='blue', bold=True)}: {line}" for line in unchecked)]
    return "\n".join(lines)


def _findings(findings: list[Finding]) -> Iterator[str]:
    for finding, following in zip_longest(findings, findings[1:]):
        yield ""
        yield from _finding(finding)
        # The why and the fix that consecutive findings share are shown once, after the last of them.
        last = following is None or following.rule != finding.rule
        if last:
            yield f"   = why: {sanitize(finding.why)}"
        if following is None or last or following.fix != finding.fix:
            yield f"   = fix: {sanitize(finding.fix)}"
        if last:
            yield click.style(f"   = help: aind-lint explain {finding.rule}", dim=True)


def _header(asset: AssetReport) -> str:
    # Assets in different folders can have the same name, so the path is shown, except for ".".
    path_ends_in_name = asset.name is None or asset.path.endswith(asset.name)
    name = sanitize(native_path(asset.path) if path_ends_in_name else asset.name or "")
    facts = " · ".join(
        fact
        for fact in (
            asset.level or ("" if asset.name is None else "level unknown"),
            sanitize(", ".join(asset.modalities)),
            f"metadata {asset.generation}" if asset.generation else "" if asset.format else "metadata unknown",
            f"profile {asset.profile}" if asset.name else sanitize(asset.format) if asset.format else "one sidecar",
        )
        if fact
    )
    return f"{click.style(name, bold=True)}{' ' * max(2, 64 - display_width(name))}{click.style(facts, dim=True)}"


def _finding(finding: Finding) -> Iterator[str]:
    color = _COLORS[finding.severity]
    label = click.style(f"{finding.severity.value}[{finding.rule}]", fg=color, bold=True)
    fixable = f" {click.style('[fixable]', fg='green')}" if finding.fixable else ""
    yield f"{label} {finding.name}: {sanitize(finding.message)}{fixable}"
    location = finding.location
    if location.file is not None:
        yield _location_line(location)
    if location.excerpt is not None and location.line is not None:
        yield from _excerpt(location, finding.expected, color)
    if finding.related:
        places = ", ".join(dict.fromkeys(map(_place, finding.related)))
        yield f"  {click.style('see also', fg='blue')} {places}"
    for other in finding.same_cause:
        yield f"  {click.style('same cause', fg='blue')} {same_cause_line(other)}"


def _location_line(location: Location) -> str:
    pointer = f"   {sanitize(location.pointer)}" if location.pointer else ""
    return f"  {click.style('-->', fg='blue')} {_place(location)}{pointer}"


def _place(location: Location) -> str:
    position = f":{location.line}:{location.column}" if location.line is not None else ""
    return f"{sanitize(native_path(location.file or ''))}{position}"


def _excerpt(location: Location, expected: str | None, color: str) -> Iterator[str]:
    assert location.excerpt is not None
    before = sanitize(location.excerpt[: location.caret].replace("\t", " "))
    marked = sanitize(location.excerpt[location.caret : location.caret + location.width].replace("\t", " "))
    after = sanitize(location.excerpt[location.caret + location.width :].replace("\t", " "))
    number = str(location.line)
    gutter = " " * len(number)
    hint = f' expected "{sanitize(expected)}"' if expected and len(expected) <= 80 else ""
    carets = click.style("^" * max(1, display_width(marked)) + hint, fg=color)
    bar = click.style("|", fg="blue")
    yield f" {gutter} {bar}"
    yield f" {click.style(number, fg='blue')} {bar} {before}{marked}{after}"
    yield f" {gutter} {bar} {' ' * display_width(before)}{carets}"
    yield f" {gutter} {bar}"
