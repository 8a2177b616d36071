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
from aind_lint.text.wrap import columns, wrap

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render(report: Report, verbose: bool = False, width: int | None = None) -> str:
    """The whole report, with color codes that the caller removes where colors are not wanted.

    Args:
        report: The report.
        verbose: Name the rules that were not checked, with the reason for each.
        width: Columns of the terminal; None for lines of any length.
    """
    blocks = [block for asset in report.assets if (block := asset_block(asset, verbose, width))]
    if report.configuration_findings:
        heading = click.style(sanitize(native_path(report.configuration or "configuration")), bold=True)
        blocks.append("\n".join([heading, *_findings(report.configuration_findings, width)]))
    passed = f"{click.style('OK', fg='green', bold=True)}  " if _is_clean(report) else ""
    return "\n\n".join([*blocks, wrap(passed + summary(report, verbose), width, 4 if passed else 0)]) + "\n"


def _is_clean(report: Report) -> bool:
    """Whether assets were checked and nothing is to do: no errors, no warnings, no mandatory check that failed."""
    unchecked = any(item.mandatory and item.is_unexpected for asset in report.assets for item in asset.not_checked)
    found = report.count(Severity.ERROR) + report.count(Severity.WARNING)
    return bool(report.assets) and report.exit_code() == 0 and not found and not unchecked


def asset_block(asset: AssetReport, verbose: bool = False, width: int | None = None) -> str:
    """The findings of one asset and what was not checked in it; empty when there is neither.

    The summary or the command reports that an asset is published already.
    """
    findings = [finding for finding in asset.findings if finding.rule != ALREADY_PUBLISHED]
    unchecked = unchecked_lines(asset, verbose)
    if not (findings or asset.crashes or unchecked):
        return ""
    lines = [_header(asset, width), *_findings(findings, width)]
    for crash in asset.crashes:
        label = click.style(f"internal error[{crash.rule}]", fg="red", bold=True)
        lines += ["", wrap(f"{label}: {sanitize(crash.error)}", width, 4)]
        lines.append(wrap("   = note: this rule crashed, so the asset cannot be published", width, 11))
        help_ = "   = help: please report this bug; AIND_LINT_DEBUG=1 shows where it happened"
        lines.append(wrap(help_, width, 11))
    if unchecked:
        lines += ["", *(click.style(wrap(f"not checked: {line}", width, 4), dim=True) for line in unchecked)]
    return "\n".join(lines)


def _findings(findings: list[Finding], width: int | None) -> Iterator[str]:
    for finding, following in zip_longest(findings, findings[1:]):
        yield ""
        yield from finding_lines(finding, width)
        # The why and the fix that consecutive findings share are shown once, after the last of them.
        last = following is None or following.rule != finding.rule
        if last:
            yield wrap(f"   = why: {sanitize(finding.why)}", width, 10)
        if following is None or last or following.fix != finding.fix:
            yield fix_line(finding, width)
        if last:
            yield click.style(f"   = help: aind-lint explain {finding.rule}", dim=True)


def _header(asset: AssetReport, width: int | None) -> str:
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
    between = " " * max(2, 64 - display_width(name))
    if width is not None and columns(name + between + facts) > width:
        between = "  "
    if width is not None and columns(name + between + facts) > width:
        return f"{click.style(name, bold=True)}\n{click.style(wrap(f'  {facts}', width, 2), dim=True)}"
    return f"{click.style(name, bold=True)}{between}{click.style(facts, dim=True)}"


def fix_line(finding: Finding, width: int | None) -> str:
    """The fix of a finding, as it stands below the finding."""
    return wrap(f"   = fix: {sanitize(finding.fix)}", width, 10)


def finding_lines(finding: Finding, width: int | None) -> Iterator[str]:
    """What a finding reports and where, with color codes; the why and the fix are not among the lines."""
    color = _COLORS[finding.severity]
    label = click.style(f"{finding.severity.value}[{finding.rule}]", fg=color, bold=True)
    fixable = f" {click.style('[fixable]', fg='green')}" if finding.fixable else ""
    yield wrap(f"{label} {finding.name}: {sanitize(finding.message)}{fixable}", width, 4)
    location = finding.location
    if location.file is not None:
        yield _location_line(location)
    if location.excerpt is not None and location.line is not None:
        yield from _excerpt(location, finding.expected, color, width)
    if finding.related:
        places = ", ".join(dict.fromkeys(map(_place, finding.related)))
        yield wrap(f"  {click.style('see also', fg='blue')} {places}", width, 4)
    for other in finding.same_cause:
        yield wrap(f"  {click.style('same cause', fg='blue')} {same_cause_line(other)}", width, 4)


def _location_line(location: Location) -> str:
    pointer = f"   {sanitize(location.pointer)}" if location.pointer else ""
    return f"  {click.style('-->', fg='blue')} {_place(location)}{pointer}"


def _place(location: Location) -> str:
    position = f":{location.line}:{location.column}" if location.line is not None else ""
    return f"{sanitize(native_path(location.file or ''))}{position}"


def _excerpt(location: Location, expected: str | None, color: str, width: int | None) -> Iterator[str]:
    assert location.excerpt is not None
    before = sanitize(location.excerpt[: location.caret].replace("\t", " "))
    marked = sanitize(location.excerpt[location.caret : location.caret + location.width].replace("\t", " "))
    after = sanitize(location.excerpt[location.caret + location.width :].replace("\t", " "))
    number = str(location.line)
    gutter = " " * len(number)
    if width is not None:
        before, marked, after = _cropped(before, marked, after, max(20, width - len(number) - 4))
    hint = f' expected "{sanitize(expected)}"' if expected and len(expected) <= 80 else ""
    carets = "^" * max(1, display_width(marked))
    bar = click.style("|", fg="blue")
    yield f" {gutter} {bar}"
    yield f" {click.style(number, fg='blue')} {bar} {before}{marked}{after}"
    start = " " * display_width(before)
    if width is not None and columns(gutter + start + carets + hint) + 4 > width:
        yield f" {gutter} {bar} {start}{click.style(carets, fg=color)}"
        yield f" {gutter} {bar}{click.style(hint, fg=color)}" if hint else f" {gutter} {bar}"
    else:
        yield f" {gutter} {bar} {start}{click.style(carets + hint, fg=color)}"
    yield f" {gutter} {bar}"


def _cropped(before: str, marked: str, after: str, width: int) -> tuple[str, str, str]:
    """The part of a line that fits, with the marked text in it as far as possible."""
    if display_width(before + marked + after) <= width:
        return before, marked, after
    room = max(0, width - display_width(marked) - 2)
    if display_width(before) > room:
        before = "…" + before[len(before) - room // 2 :] if room > 1 else "…"
    left = max(1, width - display_width(before) - 1)
    marked = marked if len(marked) <= left else f"{marked[:left]}…"
    left = max(0, width - display_width(before + marked) - 1)
    return before, marked, after if len(after) <= left else f"{after[:left]}…"
