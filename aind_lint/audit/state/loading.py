"""Reads the state that the last audit left, and refuses one that is damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from aind_lint.audit.asset_task import AssetVerdict
from aind_lint.audit.model import AuditFinding, HistoryRow, ObjectChange
from aind_lint.audit.state.audit_state import (
    BEGUN,
    FORMAT_VERSION,
    META,
    MISSING,
    PROGRESS,
    TABLES,
    AuditState,
    KnownAsset,
    SavedVerdict,
    file_md5,
    new_name,
)
from aind_lint.audit.state.state_store import StateStore
from aind_lint.errors import NOT_SUPPORTED, UsageError
from aind_lint.text.characters import one_line


def load_state(store: StateStore, bucket: str, spill: Path) -> AuditState:
    """Read the state.

    Raises:
        UsageError: It is damaged, of another bucket, or of a later version.
    """
    state = AuditState()
    if raw := store.read(META):
        state.meta = _read_meta(store, raw)
        if (known := state.meta["bucket"]) != bucket:
            raise UsageError(f"{store.address} is the state of {known}, not of {bucket}; name another --state")
        try:
            _read_tables(state, store, spill)
        except (ValueError, LookupError, TypeError) as error:
            raise UsageError(
                f"the tables in {store.address} are not as this version of aind-lint writes them "
                f"({one_line(str(error), 100)}); update aind-lint, or name another --state, which becomes a new "
                "baseline"
            ) from None
    for name in store.names(PROGRESS):
        if name == BEGUN:
            state.was_killed = True
            continue
        try:
            for line in (store.read(name) or b"").splitlines():
                saved = json.loads(line)
                _add_verdict(state, saved["inputs"], json.dumps(saved["verdict"]))
        except (ValueError, LookupError, TypeError):
            raise UsageError(
                f"{name} in the state {store.address} is damaged; remove it, and its assets are checked again"
            ) from None
    return state


def _read_meta(store: StateStore, raw: bytes) -> dict[str, Any]:
    """The content of ``meta.json``."""
    try:
        meta: dict[str, Any] = json.loads(raw)
        version = meta["format_version"]
        if version == FORMAT_VERSION:
            datetime.fromisoformat(meta["created"].replace("Z", "+00:00"))
            numbers = [meta["next_part"], meta.get("failed", 0), *(part["rows"] for part in meta["parts"].values())]
            digests = [meta["bucket"], *map(meta["files"].__getitem__, TABLES)]
            digests += [part["md5"] for part in meta["parts"].values()]
            if not all(type(one) is int for one in numbers) or not all(isinstance(one, str) for one in digests):
                raise TypeError
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UsageError(
            f"{store.address}/{META} is damaged; name another --state, which becomes a new baseline"
        ) from None
    if version != FORMAT_VERSION:
        raise UsageError(f"{store.address} has format {version}, which {NOT_SUPPORTED}")
    return meta


def _read_tables(state: AuditState, store: StateStore, spill: Path) -> None:
    for row in _rows(store, state.meta, "assets.parquet", spill, KnownAsset):
        state.assets[row["name"]] = KnownAsset(**row)
    state.findings = [AuditFinding(**row) for row in _rows(store, state.meta, "findings.parquet", spill, AuditFinding)]
    state.changes = [ObjectChange(**row) for row in _rows(store, state.meta, "changes.parquet", spill, ObjectChange)]
    state.history = [
        HistoryRow(**{**row, "states": json.loads(row["states"])})
        for row in _rows(store, state.meta, "history.parquet", spill, HistoryRow)
    ]
    for row in _rows(store, state.meta, "verdicts.parquet", spill):
        with suppress(TypeError):  # the verdict of another version, which would not be used
            _add_verdict(state, row["inputs"], row["verdict"])
    state.missing = _table(store, state.meta, MISSING, spill)
    state.losing = _assets_of(state.missing)


def _add_verdict(state: AuditState, inputs: str, text: str) -> None:
    verdict = _verdict_of(json.loads(text))
    state.verdicts.setdefault(verdict.name, []).append(SavedVerdict(inputs, verdict, text))


def _verdict_of(content: Mapping[str, Any]) -> AssetVerdict:
    """A verdict from its JSON."""
    findings = [AuditFinding(**finding) for finding in content["findings"]]
    not_checked = [(str(rule), str(reason)) for rule, reason in content["not_checked"]]
    return AssetVerdict(**{**content, "findings": findings, "not_checked": not_checked})


def _rows(
    store: StateStore, meta: Mapping[str, Any], name: str, spill: Path, model: Any = None
) -> Iterator[dict[str, Any]]:
    """The rows of a table; the columns are the fields of the dataclass ``model``, as far as it has them, or all."""
    import pyarrow.parquet

    columns = model and {column.name for column in fields(model)}
    with pyarrow.parquet.ParquetFile(_table(store, meta, name, spill)) as file:
        names = [name for name in file.schema_arrow.names if columns is None or name in columns]
        for batch in file.iter_batches(columns=names):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield dict(zip(names, row, strict=True))


def _table(store: StateStore, meta: Mapping[str, Any], name: str, spill: Path) -> Path:
    """The file that ``meta.json`` names, in its place or in the folder ``new``."""
    md5 = meta["files"][name]
    for candidate in (name, new_name(name, md5)):
        path = store.local(candidate, spill)
        if path is not None and file_md5(path) == md5:
            return path
    raise _damaged(store, name)


def _assets_of(path: Path) -> set[str]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        return {name for batch in file.iter_batches(columns=["asset"]) for name in batch.column(0).unique().to_pylist()}


def _damaged(store: StateStore, name: str) -> UsageError:
    return UsageError(
        f"{name} in the state {store.address} is missing or was changed; restore it, or name another --state, which "
        "becomes a new baseline"
    )


def local_part(store: StateStore, state: AuditState, name: str, spill: Path) -> Path:
    """A part of keys on this computer. Without it, nothing would show what was lost.

    Raises:
        UsageError: It is missing or damaged.
    """
    if name not in state.parts:
        path = store.local(name, spill)
        if path is None or file_md5(path) != state.meta["parts"].get(name, {}).get("md5"):
            raise _damaged(store, name)
        state.parts[name] = path
    return state.parts[name]
