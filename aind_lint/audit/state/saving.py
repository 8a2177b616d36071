"""Writes the result of an audit as the state of the next one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from aind_lint.audit.listing.object_tables import AssetFacts
from aind_lint.audit.model import AuditFinding, AuditResult, HistoryRow, ObjectChange
from aind_lint.audit.state.audit_state import MISSING, Leftovers, SavedVerdict, save_state, write_rows
from aind_lint.audit.state.key_parts import NewParts
from aind_lint.audit.state.state_store import StateStore
from aind_lint.bucket.control_objects import DATA_DESCRIPTION


def save_result(
    store: StateStore,
    result: AuditResult,
    facts: Mapping[str, AssetFacts],
    parts: NewParts,
    old_parts: Mapping[str, str],
    missing: Path | None,
    verdicts: Iterable[SavedVerdict],
    meta: Mapping[str, Any],
    keep_keys: bool,
    spill: Path,
) -> Leftovers | None:
    """Replace the state; what could not be removed from it.

    Args:
        store: Where it is.
        result: The result.
        facts: The facts of every top-level prefix.
        parts: The parts of keys that this audit has written.
        old_parts: The part with the keys of each asset in the last audit.
        missing: A file with the objects that this listing does not have; None if it has all.
        verdicts: The verdicts.
        meta: The content of ``meta.json`` that stays.
        keep_keys: Whether parts of keys are kept.
        spill: A folder for temporary files.
    """
    part_of = {name: parts.part_of.get(name) or old_parts.get(name) for name in facts} if keep_keys else {}
    in_use = set(part_of.values())
    contents = {name: one for name, one in {**meta.get("parts", {}), **parts.contents}.items() if name in in_use}
    files = {
        "assets.parquet": _write_assets(spill / "assets.parquet", result, facts, part_of),
        "findings.parquet": write_rows(
            spill / "findings.parquet",
            (vars(finding) for finding in result.findings if finding.status != "resolved"),
            schema_of(AuditFinding),
        ),
        "changes.parquet": write_rows(
            spill / "changes.parquet", (vars(change) for change in result.changes), schema_of(ObjectChange)
        ),
        "history.parquet": write_rows(
            spill / "history.parquet",
            ({**vars(row), "states": json.dumps(row.states)} for row in result.history),
            schema_of(HistoryRow),
        ),
        MISSING: missing or _write_nothing_missing(spill / MISSING),
        "verdicts.parquet": _write_verdicts(spill / "verdicts.parquet", verdicts),
    }
    return save_state(
        store,
        files,
        {name: path for name, path in parts.paths.items() if name in in_use},
        {
            "bucket": meta["bucket"],
            "hash_probe": meta["hash_probe"],
            "created": result.input.created,
            "inventory": result.input.manifest,
            "tool": result.run.tool,
            "packages": result.packages,
            "failed": result.run.failed,
            "parts": contents,
            "next_part": meta.get("next_part", 1) + len(parts.paths),
        },
        meta.get("files", {}),
    )


def schema_of(model: type) -> Any:
    """The schema of a Parquet file with one row for each instance of a dataclass: whole numbers and text."""
    import pyarrow

    hints = get_type_hints(model)
    columns = []
    for column in fields(model):
        hint = hints[column.name]
        kind = pyarrow.int64() if hint in (int, int | None) else pyarrow.string()
        columns.append((column.name, kind))
    return pyarrow.schema(columns)


def _write_assets(
    path: Path, result: AuditResult, facts: Mapping[str, AssetFacts], part_of: Mapping[str, str | None]
) -> Path:
    import pyarrow

    schema = pyarrow.schema(
        [
            ("name", pyarrow.string()),
            ("fingerprint", pyarrow.string()),
            ("data_fingerprint", pyarrow.string()),
            ("key_part", pyarrow.string()),
            ("is_published", pyarrow.bool_()),
            ("state", pyarrow.string()),
            ("modified_ms", pyarrow.int64()),
            ("keys", pyarrow.int64()),
            ("reason", pyarrow.string()),
            ("total_bytes", pyarrow.int64()),
        ]
    )
    rows = (
        {
            "name": asset.name,
            "fingerprint": asset.fingerprint,
            "data_fingerprint": facts[asset.name].data_fingerprint,
            "key_part": part_of.get(asset.name),
            "is_published": any(row.key == DATA_DESCRIPTION for row in facts[asset.name].small),
            "state": asset.state.value,
            "modified_ms": facts[asset.name].last_modified,
            "keys": asset.keys,
            "reason": asset.reason,
            "total_bytes": asset.total_bytes,
        }
        for asset in result.assets
        if asset.name in facts
    )
    return write_rows(path, rows, schema)


def _write_nothing_missing(path: Path) -> Path:
    import pyarrow

    schema = pyarrow.schema([("asset", pyarrow.string()), ("key", pyarrow.string()), ("size", pyarrow.int64())])
    schema = schema.append(pyarrow.field("etag", pyarrow.string())).append(pyarrow.field("modified", pyarrow.int64()))
    return write_rows(path, [], schema)


def _write_verdicts(path: Path, verdicts: Iterable[SavedVerdict]) -> Path:
    import pyarrow

    schema = pyarrow.schema([(name, pyarrow.string()) for name in ("name", "inputs", "verdict")])
    rows = ({"name": saved.verdict.name, "inputs": saved.inputs, "verdict": saved.text} for saved in verdicts)
    return write_rows(path, rows, schema)
