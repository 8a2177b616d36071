"""Annotations of GitHub Actions: workflow commands, which GitHub shows at the file and line.

GitHub shows ten errors and ten warnings per step, so the most severe come first. The log has them all.
Source: GitHub's documentation of workflow commands.
"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.finding import AssetReport, Report, Severity
from aind_lint.report.located_findings import LocatedFinding, locate_findings
from aind_lint.report.related import same_cause_phrase
from aind_lint.report.repository_paths import from_root, repository_root
from aind_lint.report.summary import summary
from aind_lint.text.sanitize import sanitize

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report, verbose: bool = False) -> str:
    """The whole report: crashes, then findings by severity, then the summary as a plain line."""
    root = repository_root()
    lines = [line for asset in report.assets for line in _crashes(asset)]
    for located in sorted(locate_findings(report), key=lambda located: located.finding.severity.rank):
        finding = located.finding
        location = finding.location
        position = {"file": from_root(located.annotated_file, root), "line": location.line, "col": location.column}
        lines.append(_command(_COMMANDS[finding.severity], _text(located), position, finding.rule))
    return "\n".join([*lines, summary(report, verbose)]) + "\n"


def _text(located: LocatedFinding) -> str:
    finding = located.finding
    subject = f"{sanitize(located.path)}: " if finding.location.file is None else ""
    same = f"\n{phrase}" if (phrase := same_cause_phrase(finding)) else ""
    return f"{subject}{sanitize(finding.message)}\nwhy: {sanitize(finding.why)}\nfix: {sanitize(finding.fix)}{same}"


def _crashes(asset: AssetReport) -> Iterator[str]:
    for crash in asset.crashes:
        text = f"{sanitize(asset.path)}: {crash.rule} crashed: {sanitize(crash.error)}"
        yield _command("error", text, {}, "internal error")
    for reason in filter(None, (asset.read_error, asset.bucket_error)):
        yield _command("error", f"{sanitize(asset.path)} not checked: {sanitize(reason)}", {}, "not checked")


def _command(name: str, text: str, position: dict[str, str | int | None], title: str) -> str:
    values = {**position, "title": f"aind-lint {title}"}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in values.items() if value is not None)
    return f"::{name} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in "%:," else char for char in sanitize(text))
