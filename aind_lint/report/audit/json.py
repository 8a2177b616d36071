"""The result of an audit as JSON; ``docs/audit-report.md`` describes the keys."""

from __future__ import annotations

import dataclasses

from aind_lint.audit.model import AuditResult
from aind_lint.report.json_document import to_json_text


def render(result: AuditResult) -> str:
    """The whole result; long texts are cropped."""
    return to_json_text(dataclasses.asdict(result)) + "\n"
