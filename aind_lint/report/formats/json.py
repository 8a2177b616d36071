"""The JSON report, version 1, for programs."""

from __future__ import annotations

from aind_lint.finding import Report
from aind_lint.report.json_document import report_json, to_json_text


def render(report: Report, verbose: bool = False) -> str:
    """The whole report."""
    return to_json_text(report_json(report)) + "\n"
