"""What one audit leaves for the next one: assets, findings, changes, history, verdicts and, by asset, every key.

The files of an audit become valid together, when ``meta.json`` with their MD5 is written. They are written into the
folder ``new`` before, and get their places after it: whenever an audit is killed, each file of the last complete one is
found in one of the two places. Their names there, and those of parts of keys, contain their MD5, so that an audit which
has lost its lock overwrites nothing of another one. A file that ``meta.json`` does not name is garbage, which the next
audit removes if this one may not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aind_lint.audit.asset_task import AssetVerdict
from aind_lint.audit.model import AuditFinding, HistoryRow, ObjectChange
from aind_lint.audit.state.state_store import StateStore
from aind_lint.errors import BucketError

#: The version of the files.
FORMAT_VERSION = 1

#: Names of files and folders of a state.
META = "meta.json"
PROGRESS = "progress"
BEGUN = f"{PROGRESS}/begun"
NEW = "new"
MISSING = "missing.parquet"
TABLES = ("assets.parquet", "findings.parquet", "changes.parquet", "history.parquet", MISSING, "verdicts.parquet")

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

    def knows(self, name: str) -> bool:
        """Whether it has an asset that is in the bucket or was lost."""
        found = {finding.asset for finding in self.findings} | {change.asset for change in self.changes}
        return name in self.assets or name in self.losing or name in found

    def forget(self, name: str) -> None:
        """Forget an asset, as if no audit had ever seen it."""
        self.assets.pop(name, None)
        self.verdicts.pop(name, None)
        self.losing.discard(name)
        self.findings = [finding for finding in self.findings if finding.asset != name]
        self.changes = [change for change in self.changes if change.asset != name]

    @property
    def needs_workers(self) -> bool:
        """Whether there may be an asset that ends the process in which its rules run."""
        return self.was_killed or self.meta.get("failed", 0) > 0


def verdict_json(verdict: AssetVerdict) -> str:
    """A verdict as JSON."""
    # `asdict` copies every value, which takes longer than the JSON.
    return json.dumps({**vars(verdict), "findings": [vars(finding) for finding in verdict.findings]})


def new_name(name: str, md5: str) -> str:
    """The name of a file until ``meta.json`` is written."""
    return f"{NEW}/{md5}-{name}"


def file_md5(path: Path) -> str:
    """The MD5 of a file, in hexadecimal."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@dataclass(frozen=True)
class Leftovers:
    """Files that could not be removed from a state. They do no harm, and the next audit tries again.

    Attributes:
        names: Their names, parts of keys first.
        reason: Why the first of them could not be removed.
    """

    names: list[str]
    reason: str


def save_state(
    store: StateStore,
    files: Mapping[str, Path],
    parts: Mapping[str, Path],
    meta: dict[str, Any],
    known: Mapping[str, str],
) -> Leftovers | None:
    """Replace the state.

    Args:
        store: Where it is.
        files: The new files by name.
        parts: New parts of keys by name.
        meta: The other content of ``meta.json``; ``parts`` in it names all parts that are in use.
        known: The MD5 of the files of the last audit, by name; an equal file is not written again.
    """
    for name, path in parts.items():
        store.write(name, path)
    digests = {name: file_md5(path) for name, path in files.items()}
    # A killed audit may have left a file in the folder `new` that belongs to the state.
    waiting = set(store.names(NEW))
    for name, path in files.items():
        if known.get(name) != digests[name]:
            store.write(new_name(name, digests[name]), path)
            waiting.add(new_name(name, digests[name]))
    meta = {**meta, "format_version": FORMAT_VERSION, "files": digests}
    store.write(META, (json.dumps(meta, indent=1, sort_keys=True) + "\n").encode())
    for name in files:
        if new_name(name, digests[name]) in waiting:
            store.move(new_name(name, digests[name]), name)
    garbage = [name for name in store.names("keys") if name not in meta["parts"]]
    return _remove(store, [*garbage, *store.names(NEW), *store.names(PROGRESS)])


def _remove(store: StateStore, names: Iterable[str]) -> Leftovers | None:
    """Remove files; those that could not be removed."""
    left, reason = list[str](), ""
    for name in names:
        try:
            store.remove(name)
        except BucketError as error:
            left.append(name)
            reason = reason or str(error)
    return Leftovers(left, reason) if left else None


class Progress:
    """Saves verdicts while an audit runs, so that a killed one need not make them again."""

    def __init__(self, store: StateStore) -> None:
        """Begin in a state; `end` has to be called."""
        self._store = store
        self._lines: list[bytes] = []
        self._number = len(store.names(PROGRESS))
        store.write(BEGUN, b"")

    def add(self, saved: SavedVerdict) -> None:
        """Save a verdict with the next file."""
        self._lines.append(f'{{"inputs": "{saved.inputs}", "verdict": {saved.text}}}'.encode())
        if len(self._lines) >= _VERDICTS_PER_FILE:
            self._flush()

    def end(self) -> None:
        """Write what is not saved yet."""
        self._flush()
        self._store.remove(BEGUN)

    def _flush(self) -> None:
        if self._lines:
            self._number += 1
            self._store.write(f"{PROGRESS}/{self._number:06}.jsonl", b"\n".join(self._lines) + b"\n")
            self._lines = []


def write_rows(path: Path, rows: Iterable[dict[str, Any]], schema: Any) -> Path:
    """Write a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema), path)
    return path
