"""What passes between an audit, which knows the whole bucket, and the workers that judge assets: data only, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from aind_lint.audit.model import AuditFinding


@dataclass(frozen=True)
class SmallObject:
    """An object whose content the rules read: a sidecar at the root or the indexer's copy of one.

    Attributes:
        key: Key inside the asset.
        size: Bytes.
        etag: ETag in the listing, without quotes, for ``If-Match``; None if the listing has none.
    """

    key: str
    size: int
    etag: str | None = None


@dataclass(frozen=True)
class AssetTask:
    """One asset to judge. A task has everything that the listing of the bucket knows, and no credentials.

    Attributes:
        name: The name of the asset.
        keys: Key inside the asset of every object, sorted; None for an asset of more than `MAX_INLINE_KEYS` objects,
            whose keys are in ``parts``.
        sizes: The size of each of these objects in bytes.
        parts: Parquet files with the columns ``asset``, ``key`` (inside the asset) and ``size``, among which the rows
            of this asset are; only for an asset without ``keys``.
        sidecars: The small objects of this asset.
        related: The small objects of other assets that its rules can read, such as its source, by the name of the
            asset. An asset that does not exist is here with an empty list; others are unknown to the listing.
        neighbors: Other top-level names that are equal to this one except for case or Unicode normalization, or that
            name the same recording, one with the prefix of older names.
        accepted: `AssetVerdict.accepted` of earlier verdicts.
    """

    name: str
    keys: list[str] | None
    sizes: list[int] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    sidecars: list[SmallObject] = field(default_factory=list)
    related: dict[str, list[SmallObject]] = field(default_factory=dict)
    neighbors: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)


#: The most objects whose keys a task carries itself: about 8 MB of JSON.
MAX_INLINE_KEYS = 100_000


@dataclass(frozen=True)
class AssetVerdict:
    """What the rules found in one asset.

    Attributes:
        name: The name of the asset.
        findings: Its findings; ``status`` and ``since`` are set by the audit.
        not_checked: Rule and reason of every check that could not be made.
        unread: Rules that could not be checked because the audit does not read the data of this asset.
        unknown: Why the asset could not be judged at all; None if it was. Such a verdict has no findings.
        level: ``raw`` or ``derived``; None if unknown.
        era: Generation of the metadata.
        modalities: Abbreviations of the declared modalities.
        project: Name of the project.
        reads: Names of the other assets whose objects the verdict depends on.
        expires: The next time at which a rule or a suppression can decide otherwise although nothing has changed.
        accepted: Digests of the sidecars that the models of the schema packages accept.
        requests: Requests to S3 that it took.
        downloaded_bytes: Bytes that were read from S3.
    """

    name: str
    findings: list[AuditFinding] = field(default_factory=list)
    not_checked: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    unknown: str | None = None
    level: str | None = None
    era: str | None = None
    modalities: list[str] = field(default_factory=list)
    project: str | None = None
    reads: list[str] = field(default_factory=list)
    expires: str | None = None
    accepted: list[str] = field(default_factory=list)
    requests: int = 0
    downloaded_bytes: int = 0


class Judge(Protocol):
    """Runs the rules over assets, in this process, in worker processes, or on a cluster.

    Attributes:
        environment: A hash over everything else that a verdict depends on: rules, configuration, package versions. If
            it differs from that of the last audit, every asset is judged again.
        packages: Versions of the packages that affect the result.
    """

    environment: str
    packages: dict[str, str]

    @property
    def rules(self) -> frozenset[str] | None:
        """Ids of the only rules that it runs; None if it runs all of them."""

    def judge(self, tasks: Iterable[AssetTask]) -> Iterator[AssetVerdict]:
        """One verdict for each task, in any order. An asset that cannot be judged gets a verdict with ``unknown``.

        Tasks are taken one by one, when a worker is free. Closing the iterator ends the workers.
        """
