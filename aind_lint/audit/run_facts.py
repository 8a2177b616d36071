"""Facts about an audit itself: how far its listing can be trusted, and what the run took."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass
class InputFacts:
    """How far the listing of the bucket can be trusted.

    Attributes:
        kind: Where the listing comes from.
        manifest: Address of the inventory's ``manifest.json``; None without an inventory.
        file_format: ``Parquet``, ``ORC`` or ``CSV``; None without an inventory.
        created: The time of the listing: the start of the inventory's scan, or of the LIST.
        age_hours: Its age when the audit started.
        previous: The time of the listing of the audit before; None in the first audit.
        files: Data files of the inventory, all verified by MD5.
        rows: Rows read, including old versions and delete markers.
        keys: Current objects.
        total_bytes: Sum of their sizes.
        missing_columns: Optional columns that the inventory lacks; what needs them is in ``AuditResult.not_checked``.
        warnings: What makes the listing doubtful, each a sentence.
        is_trusted: False above a threshold: the report is complete, but nothing in it is confirmed and the state stays.
    """

    kind: Literal["inventory", "list", "directory"]
    manifest: str | None = None
    file_format: str | None = None
    created: str = ""
    age_hours: float = 0.0
    previous: str | None = None
    files: int = 0
    rows: int = 0
    keys: int = 0
    total_bytes: int = 0
    missing_columns: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_trusted: bool = True


@dataclass
class RunFacts:
    """What depends on the run and not on the bucket. Only here does the wall clock appear.

    Attributes:
        tool: Name and version of this program.
        started: Start of the run.
        seconds: Wall time.
        cpu_seconds: CPU time of all local processes.
        engine: ``local`` or ``dask``.
        jobs: Number of workers.
        requests: Requests to S3.
        downloaded_bytes: Bytes that were read from S3.
        dollars: Estimated price of the requests; data transfer is not included.
        judged: Assets whose rules ran.
        unchanged: Assets whose results were taken from the state.
        failed: Assets whose rules could not run, apart from those that were being uploaded.
        problem: That the bucket could no longer be read, and why; the assets that were left are ``unknown``. Otherwise
            empty.
    """

    tool: str = ""
    started: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    engine: str = "local"
    jobs: int = 1
    requests: int = 0
    downloaded_bytes: int = 0
    dollars: float = 0.0
    judged: int = 0
    unchanged: int = 0
    failed: int = 0
    problem: str = ""
