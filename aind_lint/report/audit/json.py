"""The result of an audit as JSON; ``docs/audit-report.md`` describes the keys."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any

from aind_lint.audit.model import AuditResult
from aind_lint.report.json_document import to_json_text


def render(result: AuditResult) -> str:
    """The whole result; long texts are cropped."""
    return to_json_text({key: _values(value) for key, value in vars(result).items()}) + "\n"


def _values(value: Any) -> Any:
    """A value of a result, with rows as dictionaries: `dataclasses.asdict` copies every value, which takes longer."""
    if isinstance(value, list):
        return [vars(row) for row in value]
    return vars(value) if is_dataclass(value) else value
