"""The summary of an audit for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from aind_lint.audit.model import AssetState, AuditFinding, AuditResult
from aind_lint.report.audit.summary import (
    by_rule,
    change_rows,
    describe_hours,
    describe_input,
    in_state,
    is_new,
    unchecked_by_reason,
    with_status,
)
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize

#: Lines of one section.
_MAX_LINES = 20

#: Changed objects of one asset that are named.
_MAX_OBJECTS = 3

_COLORS = {
    **dict.fromkeys(("damaged", "conflict", "invalid", "error"), "red"),
    **dict.fromkeys(("unfinished", "misnamed", "incomplete", "warning", "unconfirmed"), "yellow"),
    "ok": "green",
}


def render(result: AuditResult) -> str:
    """The summary, with color codes that the caller removes where colors are not wanted."""
    lines = [click.style(sanitize(result.bucket), bold=True), f"  {sanitize(describe_input(result.input))}"]
    lines += [f"  {_label('warning')}: {sanitize(warning)}" for warning in result.input.warnings]
    if result.input.missing_columns:
        lines.append(f"  missing columns: {sanitize(', '.join(result.input.missing_columns))}")
    if result.run.problem:
        lines.append(f"  {_label('error')}: {sanitize(result.run.problem)}")
    if not result.input.is_trusted:
        text = "input not trusted: nothing below is confirmed, and the state was not advanced"
        lines += ["", click.style(text, fg="red", bold=True)]
    lines += ["", *_states(result)]
    for heading, section in _sections(result):
        if section:
            lines += ["", click.style(f"{heading} ({len(section):,})", bold=True), *_limited(section)]
    return "\n".join([*lines, "", *_last_lines(result)]) + "\n"


def _states(result: AuditResult) -> Iterator[str]:
    for state in AssetState:
        if number := result.states.get(state.value):
            yield f"  {_label(state.value, 12)} {number:>9,}"


def _sections(result: AuditResult) -> Iterator[tuple[str, list[str]]]:
    changes = [change for change in result.changes if change.category != "indexer"]
    yield (
        "Changed objects",
        [
            f"  {_label(row.category)} {sanitize(row.place)}: {row.what}{' (new)' if is_new(row, result) else ''}"
            for row in change_rows(result, changes, _MAX_OBJECTS)
        ],
    )
    conflicts = in_state(result, AssetState.CONFLICT)
    yield "Conflicts", [f"  {sanitize(asset.name)}: {sanitize(asset.reason)}" for asset in conflicts]
    yield (
        "Unfinished",
        [
            f"  {sanitize(attempt.asset)}, begun {describe_hours(attempt.age_hours)} ago; to end it: "
            f"{sanitize(attempt.command)}"
            for attempt in result.unfinished
        ],
    )
    for status, heading in (("new", "New findings by rule"), ("resolved", "Resolved findings by rule")):
        rules = by_rule(with_status(result, status))
        yield (
            heading,
            [
                f"  {_label(severity, 7)} {rule} {sanitize(name)}: {sanitize(_assets_of(found))}"
                for rule, name, severity, found in rules
            ],
        )
    yield (
        "Not checked, by reason",
        [
            f"  {sanitize(what[0]) if len(what) == 1 else format_count(len(what), 'rule')}: {sanitize(reason)}"
            for reason, what, _, _ in unchecked_by_reason(result)
        ],
    )


def _assets_of(findings: Iterable[AuditFinding]) -> str:
    """The asset of findings, or the number of several with one of them."""
    names = sorted({finding.asset for finding in findings})
    first = names[0] or "the bucket"
    return first if len(names) == 1 else f"{format_count(len(names), 'asset')}, such as {first}"


def _last_lines(result: AuditResult) -> Iterator[str]:
    new, resolved, still = (len(with_status(result, status)) for status in ("new", "resolved", "open"))
    yield f"{format_count(len(result.assets), 'asset')}: {new:,} new, {resolved:,} resolved, {still:,} open."
    run = result.run
    read = (
        f"{format_count(run.requests, 'request')}, {format_bytes(run.downloaded_bytes)} read, about ${run.dollars:.2f}"
    )
    yield click.style(f"{read}; {run.judged:,} judged, {run.unchanged:,} unchanged.", dim=True)


def _label(word: str, width: int = 0) -> str:
    return click.style(word.ljust(width), fg=_COLORS.get(word), bold=word in ("damaged", "conflict"))


def _limited(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return [*lines[:_MAX_LINES], f"  {more:,} more; --format html lists them"] if more > 0 else list(lines)
