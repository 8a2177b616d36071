"""The report a person reads in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import click

from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Finding, Location, NotChecked, Report, Severity
from aind_lint.report.summary import summary
from aind_lint.text.sanitize import sanitize, width

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render(report: Report) -> str:
    """The whole report; colours are stripped by whoever prints it where there are none."""
    blocks = [block for asset in report.assets if (block := asset_block(asset))]
    if report.configuration_findings:
        heading = click.style(sanitize(report.configuration or "configuration"), bold=True)
        blocks.append("\n".join([heading, *_findings(report.configuration_findings)]))
    return "\n\n".join([*blocks, summary(report)]) + "\n"


def asset_block(asset: AssetReport) -> str:
    """What there is to say of one asset; empty when that is nothing.

    That it is published already, and what was not checked because of how the tool was called, is said elsewhere.
    """
    if _news(asset) or asset.crashes or any(item.is_news for item in asset.not_checked):
        return "\n".join(_asset(asset))
    return ""


def _news(asset: AssetReport) -> list[Finding]:
    return [finding for finding in asset.findings if finding.rule != ALREADY_PUBLISHED]


def _asset(asset: AssetReport) -> Iterator[str]:
    yield _header(asset)
    yield from _findings(_news(asset))
    for crash in asset.crashes:
        yield ""
        yield click.style(f"internal error[{crash.rule}]", fg="red", bold=True) + f": {sanitize(crash.error)}"
        yield "   = this rule could not be run, so the asset cannot be published"
        yield "   = help: please report it; AIND_LINT_DEBUG=1 shows where it happened"
    yield from _not_checked(asset)
    if asset.skipped:
        skipped = ", ".join(f"{item.rule} (as {', '.join(item.because)} failed)" for item in asset.skipped)
        yield ""
        yield click.style("not run", dim=True) + f": {skipped}"


def _findings(findings: list[Finding]) -> Iterator[str]:
    for finding, following in zip_longest(findings, findings[1:]):
        yield ""
        yield from _finding(finding)
        # What several findings of one rule have in common is said once, after the last of them.
        last = following is None or following.rule != finding.rule
        if last:
            yield f"   = why: {sanitize(finding.why)}"
        if following is None or last or following.fix != finding.fix:
            yield f"   = fix: {sanitize(finding.fix)}"
        if last:
            yield click.style(f"   = help: aind-lint explain {finding.rule}", dim=True)


def _header(asset: AssetReport) -> str:
    # Assets of several folders can have one name, so the path is given; "." is no help.
    in_path = asset.name is None or asset.path.endswith(asset.name)
    name = sanitize(asset.path if in_path else asset.name or "")
    facts = " · ".join(
        fact
        for fact in (
            asset.level or ("" if asset.name is None else "level unknown"),
            sanitize(", ".join(asset.modalities)),
            f"metadata {asset.generation}" if asset.generation else "metadata unknown",
            f"profile {asset.profile}" if asset.name else "one sidecar",
        )
        if fact
    )
    return f"{click.style(name, bold=True)}{' ' * max(2, 64 - width(name))}{click.style(facts, dim=True)}"


def _finding(finding: Finding) -> Iterator[str]:
    colour = _COLOURS[finding.severity]
    label = click.style(f"{finding.severity.value}[{finding.rule}]", fg=colour, bold=True)
    yield f"{label} {finding.name}: {sanitize(finding.message)}"
    place = finding.location
    if place.file is not None:
        yield _place(place)
    if place.excerpt is not None and place.line is not None:
        yield from _excerpt(place, finding.expected, colour)
    for related in finding.related:
        yield _place(related, "see also")


def _place(place: Location, arrow: str = "-->") -> str:
    position = f":{place.line}:{place.column}" if place.line is not None else ""
    pointer = f"   {sanitize(place.pointer)}" if place.pointer else ""
    return f"  {click.style(arrow, fg='blue')} {sanitize(place.file or '')}{position}{pointer}"


def _excerpt(place: Location, expected: str | None, colour: str) -> Iterator[str]:
    assert place.excerpt is not None
    before = sanitize(place.excerpt[: place.caret].replace("\t", " "))
    marked = sanitize(place.excerpt[place.caret : place.caret + place.width].replace("\t", " "))
    after = sanitize(place.excerpt[place.caret + place.width :].replace("\t", " "))
    number = str(place.line)
    gutter = " " * len(number)
    hint = f' expected "{sanitize(expected)}"' if expected and len(expected) <= 80 else ""
    carets = click.style("^" * max(1, width(marked)) + hint, fg=colour)
    bar = click.style("|", fg="blue")
    yield f" {gutter} {bar}"
    yield f" {click.style(number, fg='blue')} {bar} {before}{marked}{after}"
    yield f" {gutter} {bar} {' ' * width(before)}{carets}"
    yield f" {gutter} {bar}"


def _not_checked(asset: AssetReport) -> Iterator[str]:
    # One line for each reason, with the files it concerns, or with all rules that share it.
    reasons: dict[tuple[str, bool], list[NotChecked]] = {}
    for item in asset.not_checked:
        if not item.is_news:
            continue
        reasons.setdefault((sanitize(item.because), item.file is None), []).append(item)
    for (because, _), items in reasons.items():
        rules = ", ".join(dict.fromkeys(item.rule for item in items))
        files = ", ".join(dict.fromkeys(sanitize(item.file) for item in items if item.file))
        label = click.style("not checked", fg="blue", bold=True)
        yield ""
        yield f"{label}[{rules}] {files}: {because}" if files else f"{label}[{rules}]: {because}"
