"""What every step of an audit uses."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from aind_lint._version import __version__
from aind_lint.app.auditing.audit_options import AuditOptions
from aind_lint.app.auditing.request_costs import RequestCosts
from aind_lint.audit.model import AuditNotChecked
from aind_lint.audit.run_facts import RunFacts
from aind_lint.audit.state.state_store import StateStore
from aind_lint.audit.times import iso_time
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from aind_lint.config.config_file import find_settings, read_settings
from aind_lint.config.settings import Settings

#: Called with a line about what is being done.
OnStep = Callable[[str], None]


@dataclass(frozen=True)
class AuditContext:
    """What every step of an audit uses.

    Attributes:
        address: The address of the bucket.
        options: The options.
        settings: The configuration.
        bucket: The bucket.
        state_store: Where results are kept for the next audit.
        spill: A folder for temporary files.
        jobs: Number of workers on this machine.
        on_step: Called with a line about what is being done.
        run_facts: Facts about this run, filled in by the steps.
        costs: Counts requests.
        not_checked: What was not checked, apart from rules in single assets; added to by the steps.
    """

    address: str
    options: AuditOptions
    settings: Settings
    bucket: Store
    state_store: StateStore
    spill: Path
    jobs: int
    on_step: OnStep
    run_facts: RunFacts
    costs: RequestCosts
    not_checked: list[AuditNotChecked] = field(default_factory=list)


def begin_audit(
    address: str, options: AuditOptions, state_store: StateStore, spill: Path, on_step: OnStep
) -> AuditContext:
    """Read the configuration and open the bucket."""
    connection = options.connection if is_s3(address) else Connection()  # which can be for the state of a folder
    jobs = options.jobs or os.cpu_count() or 1
    run_facts = RunFacts(f"aind-lint {__version__}", iso_time(datetime.now(timezone.utc)), jobs=jobs)
    return AuditContext(
        address,
        options,
        read_settings(options.config) if options.config else find_settings([address]),
        open_store(address, connection, on_retry=on_step),
        state_store,
        spill,
        jobs,
        on_step,
        run_facts,
        RequestCosts(run_facts, is_s3(address) or is_s3(options.inventory or "")),
    )
