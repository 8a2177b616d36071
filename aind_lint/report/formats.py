"""The formats of a report: one module each, with one function ``render``, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from aind_lint.finding import Report

#: What each is for, as the documentation says it.
FORMATS = {
    "text": "for people: every finding with the line it is about, why it matters and what to do",
    "concise": "one line per finding, for editors and grep",
    "json": "everything, for programs; can be rendered again with --load",
    "jsonl": "one JSON object per line, for streams",
    "github": "annotations of GitHub Actions at the file and line",
    "sarif": "for GitHub code scanning and other readers of SARIF 2.1.0",
    "junit": "for the test reports of continuous integration",
    "markdown": "for a step's summary or a comment",
    "html": "one page to read, filter, search and print",
}


def render(format_: str, report: Report) -> str:
    """A report in one of the formats."""
    text: str = import_module(f"aind_lint.report.{format_}").render(report)
    return text
