"""What one audit leaves for the next one: assets, findings, changes, history, verdicts and, by asset, every key.

The files of an audit become valid together, when ``meta.json`` with their MD5 is written. They are written into the
folder ``new`` before, and get their places after it: whenever an audit is killed, each file of the last complete one is
found in one of the two places. Their names there, and those of parts of keys, contain their MD5, so that an audit which
has lost its lock overwrites nothing of another one. A part that ``meta.json`` does not name is garbage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from aind_lint.audit.judge import AssetVerdict
from aind_lint.audit.model import AuditFinding, HistoryRow, ObjectChange
from aind_lint.audit.state.state_store import StateStore
from aind_lint.errors import NOT_SUPPORTED, UsageError
from aind_lint.text.characters import one_line

FORMAT_VERSION = 1

_META = "meta.json"
_PROGRESS = "progress"
_BEGUN = f"{_PROGRESS}/begun"
_NEW = "new"
MISSING = "missing.parquet"
_TABLES = ("assets.parquet", "findings.parquet", "changes.parquet", "history.parquet", MISSING, "verdicts.parquet")

#: Verdicts that are saved together while an audit runs: a killed audit judges at most so many assets again.
_VERDICTS_PER_FILE = 200


@dataclass
class KnownAsset:
    """What the state has of an asset.

    Attributes:
        name: Its name.
        fingerprint: Its fingerprint.
        key_part: The file with its keys; None if they were not kept.
        is_published: Whether it had its data_description.json, so that it must not change.
        state: Its state.
        modified_ms: Time of its newest object, milliseconds since 1970.
        keys: Number of objects.
        data_fingerprint: The fingerprint without what the indexer may write; None in a state of an older version.
    """

    name: str
    fingerprint: str
    key_part: str | None
    is_published: bool
    state: str
    modified_ms: int | None
    keys: int
    data_fingerprint: str | None = None


@dataclass
class SavedVerdict:
    """A verdict with a hash over everything that it depends on.

    Attributes:
        inputs: The hash.
        verdict: The verdict.
        text: The verdict as JSON.
    """

    inputs: str
    verdict: AssetVerdict
    text: str


@dataclass
class AuditState:
    """The state that the last audit left; empty before the first one.

    Attributes:
        meta: The content of ``meta.json``.
        assets: The assets by name.
        findings: The findings.
        changes: The changes that were not undone.
        history: One row for each audit.
        verdicts: Verdicts by asset, also those that a killed audit saved.
        missing: A file with the objects of published assets that earlier listings had and the last one did not.
        losing: Names of these assets.
        parts: Parts of keys that were verified, by name.
        was_killed: Whether the last audit ended while it ran rules, perhaps because of an asset.
    """

    meta: dict[str, Any] = field(default_factory=dict)
    assets: dict[str, KnownAsset] = field(default_factory=dict)
    findings: list[AuditFinding] = field(default_factory=list)
    changes: list[ObjectChange] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)
    verdicts: dict[str, list[SavedVerdict]] = field(default_factory=dict)
    missing: Path | None = None
    losing: set[str] = field(default_factory=set)
    parts: dict[str, Path] = field(default_factory=dict)
    was_killed: bool = False

    @property
    def created(self) -> str | None:
        """The time of the last listing."""
        return self.meta.get("created")

    @property
    def needs_workers(self) -> bool:
        """Whether there may be an asset that ends the process in which its rules run."""
        return self.was_killed or self.meta.get("failed", 0) > 0


def load_state(store: StateStore, bucket: str, spill: Path) -> AuditState:
    """Read the state.

    Raises:
        UsageError: It is damaged, of another bucket, or of a later version.
    """
    state = AuditState()
    if raw := store.read(_META):
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
    for name in store.names(_PROGRESS):
        if name == _BEGUN:
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
            digests = [meta["bucket"], *map(meta["files"].__getitem__, _TABLES)]
            digests += [part["md5"] for part in meta["parts"].values()]
            if not all(type(one) is int for one in numbers) or not all(isinstance(one, str) for one in digests):
                raise TypeError
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UsageError(
            f"{store.address}/{_META} is damaged; name another --state, which becomes a new baseline"
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
    verdict = verdict_of(json.loads(text))
    state.verdicts.setdefault(verdict.name, []).append(SavedVerdict(inputs, verdict, text))


def verdict_of(content: Mapping[str, Any]) -> AssetVerdict:
    """A verdict from its JSON."""
    findings = [AuditFinding(**finding) for finding in content["findings"]]
    not_checked = [(str(rule), str(reason)) for rule, reason in content["not_checked"]]
    return AssetVerdict(**{**content, "findings": findings, "not_checked": not_checked})


def verdict_json(verdict: AssetVerdict) -> str:
    """A verdict as JSON."""
    # `asdict` copies every value, which takes longer than the JSON.
    return json.dumps({**vars(verdict), "findings": [vars(finding) for finding in verdict.findings]})


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
    for candidate in (name, _new_name(name, md5)):
        path = store.local(candidate, spill)
        if path is not None and file_md5(path) == md5:
            return path
    raise _damaged(store, name)


def _new_name(name: str, md5: str) -> str:
    return f"{_NEW}/{md5}-{name}"


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


def file_md5(path: Path) -> str:
    """The MD5 of a file, in hexadecimal."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def save_state(store: StateStore, files: Mapping[str, Path], parts: Mapping[str, Path], meta: dict[str, Any]) -> None:
    """Replace the state.

    Args:
        store: Where it is.
        files: The new files by name.
        parts: New parts of keys by name.
        meta: The other content of ``meta.json``; ``parts`` in it names all parts that are in use.
    """
    for name, path in parts.items():
        store.write(name, path)
    digests = {name: file_md5(path) for name, path in files.items()}
    for name, path in files.items():
        store.write(_new_name(name, digests[name]), path)
    meta = {**meta, "format_version": FORMAT_VERSION, "files": digests}
    store.write(_META, (json.dumps(meta, indent=1, sort_keys=True) + "\n").encode())
    for name in files:
        store.move(_new_name(name, digests[name]), name)
    garbage = [name for name in store.names("keys") if name not in meta["parts"]]
    for name in [*garbage, *store.names(_NEW), *store.names(_PROGRESS)]:
        store.remove(name)


class Progress:
    """Saves verdicts while an audit runs, so that a killed one need not make them again."""

    def __init__(self, store: StateStore) -> None:
        """Begin in a state; `end` has to be called."""
        self._store = store
        self._lines: list[bytes] = []
        self._number = len(store.names(_PROGRESS))
        store.write(_BEGUN, b"")

    def add(self, saved: SavedVerdict) -> None:
        """Save a verdict with the next file."""
        self._lines.append(f'{{"inputs": "{saved.inputs}", "verdict": {saved.text}}}'.encode())
        if len(self._lines) >= _VERDICTS_PER_FILE:
            self._flush()

    def end(self) -> None:
        """Write what is not saved yet."""
        self._flush()
        self._store.remove(_BEGUN)

    def _flush(self) -> None:
        if self._lines:
            self._number += 1
            self._store.write(f"{_PROGRESS}/{self._number:06}.jsonl", b"\n".join(self._lines) + b"\n")
            self._lines = []


def write_rows(path: Path, rows: Iterable[dict[str, Any]], schema: Any) -> Path:
    """Write a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema), path)
    return path
