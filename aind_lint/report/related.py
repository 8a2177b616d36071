"""Findings with the same cause as the finding that represents them, as reports show them below it."""

from __future__ import annotations

from aind_lint.finding import Finding
from aind_lint.text.sanitize import sanitize


def same_cause_line(finding: Finding) -> str:
    """One finding in a line, such as ``CON101 folder-name-mismatch at data_description.json:8 /name``, sanitized."""
    return f"{finding.rule} {sanitize(finding.name)}{_where(finding)}"


def same_cause_phrase(finding: Finding) -> str:
    """The findings that ``finding`` represents, as one line; empty if there is none."""
    lines = list(dict.fromkeys(same_cause_line(other) for other in finding.same_cause))
    return f"same cause: {', '.join(lines)}" if lines else ""


def _where(finding: Finding) -> str:
    location = finding.location
    if location.file is None:
        return ""
    line = f":{location.line}" if location.line is not None else ""
    pointer = f" {sanitize(location.pointer)}" if location.pointer else ""
    return f" at {sanitize(location.file)}{line}{pointer}"
