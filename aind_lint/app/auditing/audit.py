"""An audit, step by step: listing, facts, comparison with the last audit, rules, result, state."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint._version import __version__
from aind_lint.app.auditing.audit_options import AuditOptions
from aind_lint.app.auditing.choose_judge import choose_judge, unread_contents
from aind_lint.app.auditing.judges.sample import is_in_sample
from aind_lint.app.auditing.request_costs import GET_PRICE, LIST_PRICE, RequestCosts
from aind_lint.app.auditing.result import AuditFound, build_result
from aind_lint.app.auditing.state_comparison import compare_with_state
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.audit.asset_task import Judge
from aind_lint.audit.audit_rules import LATE_OBJECT, UNFINISHED_UPLOAD
from aind_lint.audit.bucket_checks import BucketChecks, check_bucket, check_late_objects, check_root, check_sources
from aind_lint.audit.changes import change_findings
from aind_lint.audit.listing.inventory import Inventory, InventoryError
from aind_lint.audit.listing.listing_source import AuditListing, find_listed_inventory, read_bucket, read_inventory
from aind_lint.audit.listing.object_tables import (
    collect_facts,
    connect,
    count_unknown_sizes,
    create_objects,
    hash_probe,
    require_packages,
)
from aind_lint.audit.model import AuditNotChecked, AuditResult, RunFacts
from aind_lint.audit.state.audit_state import AuditState, Leftovers, Progress
from aind_lint.audit.state.key_parts import write_parts
from aind_lint.audit.state.loading import load_state, local_part
from aind_lint.audit.state.open_state import open_state, state_address
from aind_lint.audit.state.saving import save_result
from aind_lint.audit.state.state_store import StateStore
from aind_lint.audit.times import iso_time, to_milliseconds
from aind_lint.audit.unfinished_uploads import find_unfinished_uploads
from aind_lint.audit.verdicts import VerdictInputs
from aind_lint.bucket.address import Connection, absolute_address, is_s3, split_s3, suggest_bucket
from aind_lint.bucket.open_store import open_store
from aind_lint.config.config_file import find_settings, read_settings
from aind_lint.errors import BucketError, UsageError
from aind_lint.text.characters import one_line
from aind_lint.text.quantities import format_bytes, format_count

if TYPE_CHECKING:
    import duckdb

#: Called with a line about what is being done.
OnStep = Callable[[str], None]

#: Called with the result of an audit.
OnResult = Callable[[AuditResult], None]


#: Names of files in one line.
_MAX_NAMES = 3


class ThresholdError(BucketError):
    """The audit stopped above a threshold."""


def audit(
    address: str,
    options: AuditOptions,
    on_step: OnStep = lambda text: None,
    on_result: OnResult = lambda result: None,
) -> AuditResult:
    """Judge every asset of a bucket, and compare the bucket with the last audit. The bucket is only read.

    Args:
        address: ``s3://bucket``, ``s3://bucket/prefix``, or a folder that is used as a bucket.
        options: The options.
        on_step: Called with a line about each step, and about each pause before a request is tried again.
        on_result: Called with the result before the state is replaced. If it fails, or the audit is killed before it
            has written its reports, the next audit still has the findings as new ones.

    Raises:
        UsageError: An option is invalid, or packages are missing.
        BucketError: The inventory or the bucket cannot be read, or a threshold is exceeded.
    """
    require_packages()
    import duckdb

    address = address.rstrip("/") if is_s3(address) else address
    if not is_s3(address) and not Path(address).is_dir():
        raise UsageError(f"{address} is neither s3://bucket nor a folder{suggest_bucket(address)}")
    store = open_state(state_address(address, options.state), options.connection)
    with tempfile.TemporaryDirectory(prefix="aind-lint-audit-") as spill, store.lock():
        try:
            return _Audit(address, options, store, Path(spill), on_step).run(on_result)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            reason = str(error).splitlines()[0]
            raise UsageError(
                f"the tables of keys need more memory or disk space ({reason}); raise --memory, or name a folder with "
                "more space in TMPDIR"
            ) from None


def _describe_leftovers(leftovers: Leftovers) -> str:
    """A line about files that could not be removed from a state."""
    names = ", ".join(leftovers.names[:_MAX_NAMES])
    more = len(leftovers.names) - _MAX_NAMES
    return (
        "warning: the results are saved, but files that are no longer needed could not be removed from the state "
        f"({names}{f' and {more:,} more' if more > 0 else ''}): {leftovers.reason}. They do no harm; the next audit "
        "removes them if it is allowed to (s3:DeleteObject)"
    )


class _Audit:
    """One audit."""

    def __init__(
        self, address: str, options: AuditOptions, state_store: StateStore, spill: Path, on_step: OnStep
    ) -> None:
        self._address = address
        self._options = options
        self._state_store = state_store
        self._spill = spill
        self._on_step = on_step
        self._now = options.now or datetime.now(timezone.utc)
        connection = options.connection if is_s3(address) else Connection()  # which can be for the state of a folder
        self._bucket = open_store(address, connection, on_retry=on_step)
        self._settings = read_settings(options.config) if options.config else find_settings([address])
        self._jobs = options.jobs or os.cpu_count() or 1
        self._run_facts = RunFacts(f"aind-lint {__version__}", iso_time(datetime.now(timezone.utc)), jobs=self._jobs)
        self._costs = RequestCosts(self._run_facts, is_s3(address) or is_s3(options.inventory or ""))
        self._not_checked: list[AuditNotChecked] = []

    def run(self, on_result: OnResult) -> AuditResult:
        """Run every step."""
        began, cpu = time.monotonic(), time.process_time()
        state = load_state(self._state_store, absolute_address(self._address), self._spill)
        listing = self._read_listing(state)
        database = connect(self._options.memory, self._jobs, self._spill)
        found = self._find(database, listing, state)
        judge = choose_judge(self._address, self._settings, listing, self._options, self._jobs, state.needs_workers)
        found.checked_rules = judge.rules
        inputs = VerdictInputs(
            found.facts, found.checks.names, found.checks.twins, judge.environment, listing.facts.created
        )
        sampled = {name for name in found.checks.names if is_in_sample(name, self._options.sample, listing.created)}
        self._judge(judge, inputs, found, state, database, sampled)
        self._not_checked += unread_contents(found.verdicts, self._options, listing)
        result = build_result(
            self._address,
            listing,
            found,
            state,
            self._not_checked,
            judge.packages,
            "full" if judge.rules is None else "keys",
            self._run_facts,
        )
        self._run_facts.seconds = round(time.monotonic() - began, 1)
        self._run_facts.cpu_seconds = round(time.process_time() - cpu, 1)
        on_result(result)
        if listing.facts.is_trusted:
            leftovers = save_result(
                self._state_store,
                result,
                found.facts,
                found.parts,
                {name: asset.key_part for name, asset in state.assets.items() if asset.key_part},
                found.comparison.missing,
                [saved for _, saved in sorted(found.saved.items())],
                {
                    **state.meta,
                    "bucket": absolute_address(self._address),
                    "hash_probe": hash_probe(database),
                },
                self._options.keep_keys,
                self._spill,
            )
            if leftovers is not None:
                self._on_step(_describe_leftovers(leftovers))
        return result

    def _read_listing(self, state: AuditState) -> AuditListing:
        options, is_bucket_s3 = self._options, is_s3(self._address)
        if options.inventory is None:
            self._on_step(f"Listing {self._address} ...")
            listing = read_bucket(self._bucket, self._spill, self._now, is_bucket_s3)
        else:
            self._on_step("Reading the inventory ...")
            inventory = find_listed_inventory(
                self._address, options.inventory, options.connection, self._now, options.max_age_hours, options.confirm
            )
            self._refuse_older(inventory, state)
            listing = read_inventory(inventory, self._spill, options.connection, self._now, is_bucket_s3)
        listing.facts.previous = state.created
        self._not_checked += listing.not_checked
        price = GET_PRICE if options.inventory else LIST_PRICE
        self._costs.add(listing.requests, listing.files.downloaded_bytes, price)
        return listing

    def _refuse_older(self, inventory: Inventory, state: AuditState) -> None:
        created = iso_time(inventory.created)
        if state.created is not None and created < state.created:
            raise ThresholdError(
                f"the inventory of {created} is older than the last audit, which used the listing of {state.created}; "
                "name a newer inventory, or another --state"
            )

    def _find(self, database: duckdb.DuckDBPyConnection, listing: AuditListing, state: AuditState) -> AuditFound:
        """What the listing shows by itself, and compared with the last audit."""
        import duckdb

        self._on_step(f"Comparing {listing.files.rows:,} keys ...")
        prefix = split_s3(self._address)[1] if is_s3(self._address) and self._options.inventory else ""
        try:
            create_objects(database, listing.files, prefix)
            facts = collect_facts(database)
        except (duckdb.IOException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            reason = one_line(str(error).splitlines()[0], 200)
            raise InventoryError(f"the data files of the inventory are not as S3 writes them: {reason}") from None
        if "size" not in listing.facts.missing_columns and (unknown := count_unknown_sizes(database)):
            raise InventoryError(f"the inventory has {format_count(unknown, 'object')} without a size")
        listing.facts.keys = sum(asset.keys for asset in facts.values())
        listing.facts.total_bytes = sum(asset.total_bytes for asset in facts.values())
        if not facts:
            raise BucketError(
                f"the listing of {self._address} is empty; look at the address, and at the prefix of the inventory"
            )
        is_snapshot = listing.facts.kind == "inventory"
        created = to_milliseconds(listing.created)
        added = self._settings.vocabulary
        vocabulary = added.extend() if added else VOCABULARY
        checks = check_bucket(facts, created, is_snapshot, self._address, vocabulary)
        compared = compare_with_state(
            database, facts, checks.names, listing, state, self._state_store, self._bucket, self._options, self._spill
        )
        requests = compared.comparison.heads + compared.manifests.requests
        self._costs.add(requests, compared.manifests.downloaded_bytes, GET_PRICE)
        self._costs.add(compared.comparison.lists + compared.unexplained.lists, 0, LIST_PRICE)
        self._not_checked += compared.not_checked
        self._find_uploads(checks, listing)
        if "last_modified_date" in listing.facts.missing_columns:
            checks.unchecked.add(LATE_OBJECT.id)
        found = AuditFound(facts, checks, compared.comparison, compared.parts)
        changes = [*change_findings(compared.comparison), *compared.unexplained.findings]
        published = {name for name, asset in state.assets.items() if asset.is_published}
        found.unlisted = (published | state.losing | {finding.asset for finding in changes}) - facts.keys()
        settled = [name for name in checks.names if name not in checks.in_flight]
        found.findings = [
            *checks.findings,
            *check_sources(checks, facts.keys() | compared.comparison.seen | compared.unexplained.seen),
            *check_root(database, facts),
            *check_late_objects(database, facts, settled, compared.comparison.changes),
            *changes,
        ]
        return found

    def _find_uploads(self, checks: BucketChecks, listing: AuditListing) -> None:
        """Add the unfinished multipart uploads to the checks; a folder has none."""
        if not is_s3(self._address):
            return
        try:
            attempts, findings = find_unfinished_uploads(self._bucket, listing.created)
        except BucketError as error:
            checks.unchecked.add(UNFINISHED_UPLOAD.id)
            self._not_checked.append(AuditNotChecked("unfinished multipart uploads", str(error)))
            return
        self._costs.add(1, 0, LIST_PRICE)
        checks.unfinished += attempts
        checks.findings += findings

    def _judge(
        self,
        judge: Judge,
        inputs: VerdictInputs,
        found: AuditFound,
        state: AuditState,
        database: duckdb.DuckDBPyConnection,
        sampled: set[str],
    ) -> None:
        """Run the rules over sampled assets, and those that, or whose dependencies, have changed."""
        pending = []
        for name in found.checks.names:
            if name in found.checks.in_flight:
                found.unknown[name] = "it was being uploaded when the listing was made"
            elif name in found.checks.removed:
                continue
            elif name not in sampled and (reusable := inputs.reusable(name, state.verdicts.get(name, []))):
                found.verdicts[name], found.saved[name] = reusable.verdict, reusable
            else:
                pending.append(name)
        self._run_facts.unchanged = len(found.verdicts)
        self._announce(pending, found)
        if not pending:
            return
        paths = self._paths_of_keys(database, pending, found, state)
        progress = Progress(self._state_store)
        reason = "no worker returned a result for it"
        try:
            for verdict in judge.judge(inputs.tasks(pending, paths, state.verdicts)):
                found.verdicts[verdict.name] = verdict
                self._costs.add(verdict.requests, verdict.downloaded_bytes, GET_PRICE)
                if verdict.unknown is None:
                    self._run_facts.judged += 1
                    found.saved[verdict.name] = inputs.saved(verdict)
                    progress.add(found.saved[verdict.name])
        except BucketError as error:  # such as expired credentials
            reason = str(error)
            left = format_count(len(pending) - sum(name in found.verdicts for name in pending), "asset")
            self._run_facts.problem = f"The audit could not read the bucket to the end; {left} not checked: {reason}"
        finally:
            with suppress(BucketError):  # saving the state will report it
                progress.end()
        for name in pending:
            if name not in found.verdicts:
                found.unknown[name] = reason
            elif (unknown := found.verdicts[name].unknown) is not None:
                found.unknown[name] = unknown
        self._run_facts.failed = len(found.unknown.keys() & set(pending))

    def _announce(self, pending: list[str], found: AuditFound) -> None:
        """Print what will be checked, with requests and price; raise `ThresholdError` above ``--max-requests``."""
        text = f"Checking {format_count(len(pending), 'asset')}; {len(found.verdicts):,} unchanged"
        if is_s3(self._address) and found.checked_rules is None:
            small = [row for name in pending for row in found.facts[name].small]
            size = format_bytes(sum(row.size or 0 for row in small))
            requests = len(small)
            text += f"; about {requests:,} requests, {size}, ${requests * GET_PRICE:,.2f}"
            total = self._run_facts.requests + requests
            if total > self._options.max_requests and not self._options.confirm:
                limit = f"--max-requests is {self._options.max_requests:,}; raise it, or use --confirm"
                raise ThresholdError(f"the audit needs about {total:,} requests, but {limit}")
        self._on_step(f"{text} ...")

    def _paths_of_keys(
        self, database: duckdb.DuckDBPyConnection, names: list[str], found: AuditFound, state: AuditState
    ) -> dict[str, Path]:
        """The file with the keys of each asset: a new part, one of the state, or a temporary one."""
        new = found.parts
        paths = {name: new.paths[new.part_of[name]] for name in names if name in new.part_of}
        old: dict[str, Path] = {}
        for name in names:
            part = state.assets[name].key_part if name in state.assets else None
            if name not in paths and part is not None:
                if part not in old:
                    old[part] = local_part(self._state_store, state, part, self._spill)
                paths[name] = old[part]
        folder = self._spill / "temporary"
        folder.mkdir()
        missing = {name: found.facts[name].keys for name in names if name not in paths}
        temporary = write_parts(database, missing, 1, folder)
        return {**paths, **{name: temporary.paths[part] for name, part in temporary.part_of.items()}}
