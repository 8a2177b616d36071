"""Reports of an audit: as text, a page, JSON, Markdown for a chat, and Parquet.

One module for each format, imported when it is used. ``summary`` has what several of them count. A format reads the
result only: it opens no file and sends no request.
"""

from __future__ import annotations

from importlib import import_module

from aind_lint.audit.model import AuditResult

#: Every format that is one text, with the description that the documentation shows. ``parquet`` is a folder of tables
#: (`aind_lint.report.audit.parquet.write_tables`).
AUDIT_TEXT_FORMATS = {
    "text": "a summary for the terminal",
    "html": "one page to read, search and print",
    "json": "everything, for programs",
    "markdown": "changes only, for a chat or an issue; empty when there are none",
}


def render_audit(format_name: str, result: AuditResult) -> str:
    """Render the result of an audit.

    Args:
        format_name: A key of `AUDIT_TEXT_FORMATS`.
        result: The result.
    """
    text: str = import_module(f"aind_lint.report.audit.{format_name}").render(result)
    return text
