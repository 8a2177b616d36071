"""The result of an audit: data only, every value of it JSON.

Times are ISO 8601 in UTC (``2026-11-30T00:00:00Z``). `AuditResult` is what report formats show and ``--format json``
prints (`dataclasses.asdict`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from aind_lint.audit.run_facts import InputFacts, RunFacts

#: The version of the JSON document of an audit.
FORMAT_VERSION = 1


class AssetState(str, Enum):
    """The state of an asset or of another top-level prefix: the first in this order that holds."""

    DAMAGED = "damaged"
    CONFLICT = "conflict"
    UNFINISHED = "unfinished"
    INVALID = "invalid"
    MISNAMED = "misnamed"
    INCOMPLETE = "incomplete"
    WARNING = "warning"
    OK = "ok"
    UNKNOWN = "unknown"
    NOT_AN_ASSET = "not-an-asset"

    __str__ = str.__str__


@dataclass
class AuditFinding:
    """One violation in one asset, or one fact about the bucket as a whole.

    Attributes:
        asset: Name of the asset or top-level prefix; empty for the root of the bucket.
        rule: Id of the rule, such as ``CON103``; those of the whole bucket are ``AUD…``.
        name: Name of the rule.
        severity: ``error``, ``warning`` or ``info``.
        message: What is wrong, in one line.
        file: Key inside the asset; None for the asset itself.
        pointer: JSON pointer in a sidecar.
        line: Line in a sidecar, from 1; None where there is no position.
        found: The offending value.
        expected: The right value.
        why: Why it matters.
        fix: How to fix it.
        status: ``new`` if the audit before did not have it, ``open`` if it did, ``resolved`` if only that one had it.
        since: Time of the listing in which it was first found.
        count: Findings of the same kind in this asset that it stands for, itself included.
    """

    asset: str
    rule: str
    name: str
    severity: Literal["error", "warning", "info"]
    message: str
    file: str | None = None
    pointer: str | None = None
    line: int | None = None
    found: str | None = None
    expected: str | None = None
    why: str = ""
    fix: str = ""
    status: Literal["new", "open", "resolved"] = "new"
    since: str = ""
    count: int = 1


@dataclass
class AuditedAsset:
    """One asset or other top-level prefix.

    Attributes:
        name: The first part of its keys.
        state: Its state.
        previous_state: Its state in the audit before; None if it is new.
        reason: Why it has this state, in one line; empty for ``ok``.
        level: ``raw`` or ``derived``; None if unknown.
        era: Generation of the metadata, such as ``1.x``, under the name of this key in the report; None if unknown.
        modalities: Abbreviations of the declared modalities.
        project: Name of the project; None if unknown.
        acquired: Month of the acquisition, ``YYYY-MM``; None if the name has no date.
        keys: Number of objects.
        total_bytes: Sum of their sizes.
        bytes_by_class: The same by storage class (``STANDARD``, …).
        first_modified: Time of the oldest object; None if the listing has no times.
        last_modified: Time of the newest object.
        fingerprint: Hash of key, size and ETag of every object, in hexadecimal.
        judged: Time of the listing for which the results of its rules are right; None if they could not run.
        errors: Number of errors.
        warnings: Number of warnings.
    """

    name: str
    state: AssetState
    previous_state: AssetState | None = None
    reason: str = ""
    level: str | None = None
    era: str | None = None
    modalities: list[str] = field(default_factory=list)
    project: str | None = None
    acquired: str | None = None
    keys: int = 0
    total_bytes: int = 0
    bytes_by_class: dict[str, int] = field(default_factory=dict)
    first_modified: str | None = None
    last_modified: str | None = None
    fingerprint: str = ""
    judged: str | None = None
    errors: int = 0
    warnings: int = 0


@dataclass
class ObjectChange:
    """One object of a published asset that is not as it was.

    Attributes:
        asset: Name of the asset.
        key: Key inside the asset.
        kind: What happened.
        category: ``damaged`` is a violation of immutability, ``warning`` one that cannot be decided, ``indexer`` a key
            that the bucket's indexer may write, ``unconfirmed`` a loss that no HEAD has confirmed.
        reason: What was compared, in one line.
        old_size: Bytes before; None for an added object.
        new_size: Bytes now; None for a lost object.
        old_etag: ETag before.
        new_etag: ETag now.
        old_time: Time of the last change before.
        new_time: Time of the last change now.
        since: Time of the listing in which the change was first found. It stays in the result until it is undone.
    """

    asset: str
    key: str
    kind: Literal["lost", "changed", "added"]
    category: Literal["damaged", "warning", "indexer", "unconfirmed"]
    reason: str = ""
    old_size: int | None = None
    new_size: int | None = None
    old_etag: str | None = None
    new_etag: str | None = None
    old_time: str | None = None
    new_time: str | None = None
    since: str = ""


@dataclass
class UnfinishedAttempt:
    """A publication that has begun and not ended, or the parts of a multipart upload without an end.

    Attributes:
        asset: Name of the asset.
        kind: ``claim`` or ``multipart``.
        key: Key of the claim or of the upload, inside the asset.
        started: When it began; None if unknown.
        age_hours: Its age at the time of the listing; None if unknown.
        command: The command that ends it.
    """

    asset: str
    kind: Literal["claim", "multipart"]
    key: str
    started: str | None = None
    age_hours: float | None = None
    command: str = ""


@dataclass
class AuditNotChecked:
    """What was not checked, which is never a pass.

    Attributes:
        what: A rule id, or what was left out, in words.
        reason: Why, as the end of the sentence "not checked: …".
        assets: Number of assets that it concerns.
        asset: The asset, if it is a single one.
    """

    what: str
    reason: str
    assets: int = 0
    asset: str | None = None


@dataclass
class HistoryRow:
    """The numbers of one audit, for trends.

    Attributes:
        time: The time of its listing.
        states: Number of assets by state.
        keys: Number of objects.
        total_bytes: Sum of their sizes.
        new: Findings that were new.
        resolved: Findings that were gone.
        open: Findings that were still there.
    """

    time: str
    states: dict[str, int]
    keys: int
    total_bytes: int
    new: int
    resolved: int
    open: int


@dataclass
class AuditResult:
    """The result of an audit. Lists are sorted; equal listings, replies and package versions give equal results.

    Attributes:
        bucket: Address of the bucket.
        input: How far its listing can be trusted.
        states: Number of assets by state, without states that no asset has.
        assets: Every asset and other top-level prefix, by name.
        findings: New and open findings, then the resolved ones; each part by asset, rule, file.
        changes: Objects that were lost, changed or added since they were published, by this audit or an earlier one.
        unfinished: Publications and multipart uploads that have not ended.
        not_checked: What was not checked.
        history: One row for each audit, the last is this one.
        packages: Versions of the packages that affect the result.
        rules: ``keys`` or ``full``.
        run: Facts about the run.
        format_version: Version of the document.
    """

    bucket: str
    input: InputFacts
    states: dict[str, int] = field(default_factory=dict)
    assets: list[AuditedAsset] = field(default_factory=list)
    findings: list[AuditFinding] = field(default_factory=list)
    changes: list[ObjectChange] = field(default_factory=list)
    unfinished: list[UnfinishedAttempt] = field(default_factory=list)
    not_checked: list[AuditNotChecked] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)
    packages: dict[str, str] = field(default_factory=dict)
    rules: Literal["keys", "full"] = "full"
    run: RunFacts = field(default_factory=RunFacts)
    format_version: int = FORMAT_VERSION
