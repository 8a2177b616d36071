"""The report formats: one module each, imported when it is used. `aind_lint.report` describes how to add one."""

from __future__ import annotations

from importlib import import_module

from aind_lint.finding import Report

#: Every format, with the description that the documentation shows.
FORMATS = {
    "text": "for people: every finding with its line, why it matters and how to fix it",
    "concise": "one line per finding, for editors and grep",
    "json": "everything, for programs; --load renders it again",
    "jsonl": "one JSON object per line, for streams",
    "github": "annotations of GitHub Actions at file and line",
    "sarif": "for GitHub code scanning and other readers of SARIF 2.1.0",
    "junit": "for the test reports of continuous integration",
    "markdown": "for a step summary or a comment",
    "html": "one page to read, filter, search and print",
}


def render(format_name: str, report: Report, verbose: bool = False, width: int | None = None) -> str:
    """Render a report.

    Args:
        format_name: A key of `FORMATS`.
        report: The report.
        verbose: Name every rule that was not checked; formats for programs always do.
        width: Columns of the terminal, for the text format; None for lines of any length.
    """
    module = import_module(f"aind_lint.report.formats.{format_name}")
    options = {"width": width} if format_name == "text" else {}
    text: str = module.render(report, verbose, **options)
    return text
