"""The result of an audit as Parquet: one file for each table, with columns that stay. ``docs/audit-report.md``.

The extra ``audit`` has pyarrow, which takes half a second to import.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aind_lint.audit.model import AuditResult
from aind_lint.errors import UsageError
from aind_lint.text.sanitize import escape_surrogates

if TYPE_CHECKING:
    import pyarrow

#: Columns of each table with their types: text, integer, number, a list of texts, or integers by name.
TABLES = {
    "assets": {
        "name": "text", "state": "text", "previous_state": "text", "reason": "text", "level": "text", "era": "text",
        "modalities": "texts", "project": "text", "acquired": "text", "keys": "integer", "total_bytes": "integer",
        "bytes_by_class": "integers", "first_modified": "text", "last_modified": "text", "fingerprint": "text",
        "judged": "text", "errors": "integer", "warnings": "integer",
    },
    "findings": {
        "asset": "text", "rule": "text", "name": "text", "severity": "text", "message": "text", "file": "text",
        "pointer": "text", "line": "integer", "found": "text", "expected": "text", "why": "text", "fix": "text",
        "status": "text", "since": "text", "count": "integer",
    },
    "changes": {
        "asset": "text", "key": "text", "kind": "text", "category": "text", "reason": "text", "old_size": "integer",
        "new_size": "integer", "old_etag": "text", "new_etag": "text", "old_time": "text", "new_time": "text",
        "since": "text",
    },
    "unfinished": {
        "asset": "text", "kind": "text", "key": "text", "started": "text", "age_hours": "number", "command": "text",
    },
    "not_checked": {"what": "text", "reason": "text", "assets": "integer", "asset": "text"},
    "history": {
        "time": "text", "states": "integers", "keys": "integer", "total_bytes": "integer", "new": "integer",
        "resolved": "integer", "open": "integer",
    },
}  # fmt: skip


def write_tables(result: AuditResult, folder: Path) -> None:
    """Write ``assets.parquet``, ``findings.parquet`` and the other `TABLES` to a folder, which is made if needed.

    Raises:
        UsageError: The extra ``audit`` is not installed, or the folder cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError("Parquet needs the extra 'audit': pip install 'aind-lint[audit]'") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, columns in TABLES.items():
            table = _table(columns, (asdict(row) for row in getattr(result, name)), pyarrow)
            parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror or error}") from None


def _table(columns: dict[str, str], rows: Iterable[dict[str, Any]], arrow: Any) -> pyarrow.Table:
    types = {
        "text": arrow.string(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "texts": arrow.list_(arrow.string()),
        "integers": arrow.map_(arrow.string(), arrow.int64()),
    }
    schema = arrow.schema([(name, types[kind]) for name, kind in columns.items()])
    values: dict[str, list[Any]] = {name: [] for name in columns}
    for row in rows:
        for name in columns:
            values[name].append(_storable(row[name]))
    return arrow.table(values, schema=schema)


def _storable(value: Any) -> Any:
    """Text that UTF-8 can hold; a mapping as its sorted pairs."""
    if isinstance(value, str):
        return escape_surrogates(str.__str__(value))
    if isinstance(value, dict):
        return [(escape_surrogates(name), number) for name, number in sorted(value.items())]
    return [_storable(item) for item in value] if isinstance(value, list) else value
