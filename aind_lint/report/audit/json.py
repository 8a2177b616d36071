"""The result of an audit as JSON; ``docs/audit-report.md`` describes the keys."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any

from aind_lint.audit.model import AuditResult
from aind_lint.report.json_document import to_json_text


def render(result: AuditResult) -> str:
    """The whole result, with one row in a line, which can be compared and searched; long texts are cropped."""
    return "{\n " + ",\n ".join(f'"{key}": {_text(value)}' for key, value in vars(result).items()) + "\n}\n"


def _text(value: Any) -> str:
    """A value of a result as JSON. `dataclasses.asdict` and `json` with an indentation take several times longer."""
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(to_json_text(vars(row), indent=None) for row in value) + "\n ]"
    return to_json_text(vars(value) if is_dataclass(value) else value, indent=None)
