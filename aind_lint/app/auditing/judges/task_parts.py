"""What every judge does with a task: its files for the rules, and their findings for the audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aind_lint.asset.listing.file_table import FileTable
from aind_lint.audit.asset_task import AssetTask
from aind_lint.audit.model import AuditFinding
from aind_lint.audit.state.key_parts import read_keys, without_empty_key
from aind_lint.finding import Finding


def files_of(task: AssetTask) -> FileTable:
    """The files of an asset, with their sizes."""
    files = FileTable((), FileTable.COLUMNS)
    for keys, sizes in [(task.keys, task.sizes)] if task.keys is not None else _blocks_of(task):
        files.extend_columns(keys, sizes, [0] * len(keys))
    return files


def _blocks_of(task: AssetTask) -> Iterator[tuple[list[str], list[int]]]:
    """Keys and sizes from the parts of a task."""
    for part in task.parts:
        for _, blocks in read_keys(Path(part), [task.name]):
            yield from without_empty_key(blocks)


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
