"""Changes since the last audit as Markdown, for a chat or an issue; empty when there are none.

It repeats no finding of the audit before: people stop reading messages that repeat themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aind_lint.audit.model import AssetState, AuditFinding, AuditResult
from aind_lint.report.audit.summary import (
    by_rule,
    change_rows,
    describe_hours,
    describe_input,
    in_state,
    is_new,
    with_status,
)
from aind_lint.report.formats.markdown import escape_markdown
from aind_lint.text.quantities import format_count

#: Lines of one list. A chat cuts long messages, and an issue has at most 65,536 characters.
_MAX_LINES = 20

#: Changed objects of one asset that are named.
_MAX_OBJECTS = 3

#: Assets that one line names.
_MAX_NAMES = 3


def render(result: AuditResult) -> str:
    """What is new and what is resolved, or the empty text."""
    blocks = list(_blocks(result))
    if not blocks:
        return ""
    heading = f"### Audit of {escape_markdown(result.bucket)}\n\n{describe_input(result.input)}\n"
    return "\n".join([heading, *blocks])


def _blocks(result: AuditResult) -> Iterator[str]:
    if not result.input.is_trusted:
        lines = [escape_markdown(warning) for warning in result.input.warnings]
        yield "\n".join(["**Input not trusted.** Nothing below is confirmed.\n", *_list(lines)])
    if result.run.problem:
        yield f"**Not complete.** {escape_markdown(result.run.problem)}\n"
    changes = [change for change in result.changes if change.category != "indexer" and is_new(change, result)]
    if changes:
        lines = [
            f"**{row.category}** {escape_markdown(row.place)}: {escape_markdown(row.what)}"
            for row in change_rows(result, changes, _MAX_OBJECTS)
        ]
        yield "\n".join([f"**{format_count(len(changes), 'object')} of published assets changed**\n", *_list(lines)])
    yield from _assets(result)
    yield from _findings("new finding", with_status(result, "new"))
    yield from _findings("resolved finding", with_status(result, "resolved"))


def _assets(result: AuditResult) -> Iterator[str]:
    """Assets that were not in their bad state at the last audit."""
    conflicts = [asset for asset in in_state(result, AssetState.CONFLICT) if asset.previous_state is not asset.state]
    if conflicts:
        lines = [f"{escape_markdown(asset.name)}: {escape_markdown(asset.reason)}" for asset in conflicts]
        yield "\n".join([f"**{format_count(len(conflicts), 'asset')} newly in conflict**\n", *_list(lines)])
    known = {asset.name for asset in result.assets if asset.previous_state is AssetState.UNFINISHED}
    unfinished = [attempt for attempt in result.unfinished if attempt.asset not in known]
    if unfinished:
        lines = [
            f"{escape_markdown(attempt.asset)}, begun {describe_hours(attempt.age_hours)} ago; to end it: "
            f"{escape_markdown(attempt.command)}"
            for attempt in unfinished
        ]
        yield "\n".join([f"**{format_count(len(unfinished), 'attempt')} newly unfinished**\n", *_list(lines)])


def _findings(noun: str, findings: list[AuditFinding]) -> Iterator[str]:
    if not findings:
        return
    lines = []
    for rule, name, severity, found in by_rule(findings):
        assets = list(dict.fromkeys(finding.asset for finding in found))
        named = ", ".join(escape_markdown(asset or "the bucket") for asset in assets[:_MAX_NAMES])
        more = f" and {len(assets) - _MAX_NAMES:,} more" if len(assets) > _MAX_NAMES else ""
        number = format_count(len(found), "finding")
        lines.append(f"{severity} **{rule}** {escape_markdown(name)}, {number}: {named}{more}")
    yield "\n".join([f"**{format_count(len(findings), noun)}**\n", *_list(lines)])


def _list(lines: Iterable[str]) -> Iterator[str]:
    items = list(lines)
    yield from (f"- {line}" for line in items[:_MAX_LINES])
    if len(items) > _MAX_LINES:
        yield f"- {len(items) - _MAX_LINES:,} more; see another report format"
    yield ""
