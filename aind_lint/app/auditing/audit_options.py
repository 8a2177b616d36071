"""The options of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from aind_lint.bucket.address import Connection


@dataclass(frozen=True)
class AuditOptions:
    """What a user can choose.

    Attributes:
        inventory: Address of an S3 Inventory; None for a LIST of the bucket.
        state: Where the state is; None for ``./aind-lint-audit/<bucket>``.
        keep_keys: Whether the state keeps every key.
        rules: ``keys`` for what the listing shows, ``full`` for every rule.
        sample: The share of assets whose data is read.
        max_age_hours: The oldest inventory that is used.
        max_lost: The largest share of known assets that may have lost objects.
        max_requests: The most requests to S3.
        confirm: Whether to go on above these thresholds.
        removed: Names of assets that were removed on purpose, so that they are not lost.
        now: The time that counts as now; None for the clock.
        engine: ``local``, ``dask``, or ``dask=ADDRESS``.
        jobs: Number of workers; None for one for each processor.
        memory: Bytes of memory for the tables of keys.
        max_requests_per_second: The most requests to S3 in a second; None without a limit.
        insecure_scheduler: Whether a Dask scheduler elsewhere may be used without TLS.
        config: The configuration file; None to search for it.
        connection: How to connect to S3.
    """

    inventory: str | None = None
    state: str | None = None
    keep_keys: bool = True
    rules: Literal["keys", "full"] = "full"
    sample: float = 0.0
    max_age_hours: float = 48.0
    max_lost: float = 0.01
    max_requests: int = 200_000
    confirm: bool = False
    removed: tuple[str, ...] = ()
    now: datetime | None = None
    engine: str = "local"
    jobs: int | None = None
    memory: int = 2_000_000_000
    max_requests_per_second: float | None = None
    insecure_scheduler: bool = False
    config: Path | None = None
    connection: Connection = Connection()
