"""What every judge does with a task: its files for the rules, and their findings for the audit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aind_lint.asset.listing.file_table import FileTable
from aind_lint.audit.asset_task import AssetTask
from aind_lint.audit.model import AuditFinding
from aind_lint.audit.state.key_parts import read_rows
from aind_lint.finding import Finding


def files_of(task: AssetTask) -> FileTable:
    """The files of an asset, with their sizes."""
    rows: Iterable[tuple[str, int]] | None = task.rows
    if rows is None:
        rows = (
            row for part in task.parts for _, found in read_rows(Path(part), [task.name]) for row in found if row[0]
        )
    return FileTable.of(((key, size, 0) for key, size in rows), FileTable.COLUMNS)


def audit_finding(asset: str, finding: Finding) -> AuditFinding:
    """A finding of a rule, as one of an audit, with the number of findings that it stands for."""
    location = finding.location
    return AuditFinding(
        asset,
        finding.rule,
        finding.name,
        finding.severity.value,
        finding.message,
        location.file,
        location.pointer,
        location.line,
        finding.found,
        finding.expected,
        finding.why,
        finding.fix,
        count=1 + len(finding.same_cause),
    )
