"""Annotations of GitHub Actions: workflow commands, which GitHub shows at the file and line.

GitHub shows ten errors and ten warnings of a step, so the gravest come first; the log holds them all.
Source: GitHub's documentation of workflow commands.
"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.finding import AssetReport, Report, Severity
from aind_lint.report.paths import Placed, placed
from aind_lint.report.repository_paths import from_root, repository_root
from aind_lint.report.summary import summary
from aind_lint.text.sanitize import sanitize

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """The whole report: crashes, then findings by severity, then the summary as a plain line."""
    root = repository_root()
    lines = [line for asset in report.assets for line in _crashes(asset)]
    for one in sorted(placed(report), key=lambda one: one.finding.severity.rank):
        place = one.finding.location
        where = {"file": from_root(one.anchor, root), "line": place.line, "col": place.column}
        lines.append(_command(_COMMANDS[one.finding.severity], _text(one), where, one.finding.rule))
    return "\n".join([*lines, summary(report)]) + "\n"


def _text(one: Placed) -> str:
    finding = one.finding
    subject = f"{sanitize(one.path)}: " if finding.location.file is None else ""
    return f"{subject}{sanitize(finding.message)}\nwhy: {sanitize(finding.why)}\nfix: {sanitize(finding.fix)}"


def _crashes(asset: AssetReport) -> Iterator[str]:
    for crash in asset.crashes:
        text = f"{sanitize(asset.path)}: {crash.rule} could not be run: {sanitize(crash.error)}"
        yield _command("error", text, {}, "internal error")


def _command(name: str, text: str, where: dict[str, str | int | None], title: str) -> str:
    stated = {key: value for key, value in {**where, "title": f"aind-lint {title}"}.items() if value is not None}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in stated.items())
    return f"::{name} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in "%:," else char for char in sanitize(text))
