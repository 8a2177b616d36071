"""An audit, step by step: listing, facts, comparison with the last audit, rules, result, state."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from aind_lint.app.auditing.asset_judging import judge_assets
from aind_lint.app.auditing.audit_context import AuditContext, OnStep, begin_audit
from aind_lint.app.auditing.audit_options import AuditOptions
from aind_lint.app.auditing.choose_judge import choose_judge, unread_contents
from aind_lint.app.auditing.judges.sample import is_in_sample
from aind_lint.app.auditing.listing_findings import find_in_listing
from aind_lint.app.auditing.request_costs import GET_PRICE, LIST_PRICE
from aind_lint.app.auditing.result import build_result
from aind_lint.audit.listing.inventory import Inventory
from aind_lint.audit.listing.listing_source import AuditListing, find_listed_inventory, read_bucket, read_inventory
from aind_lint.audit.listing.object_tables import connect, hash_probe, require_packages
from aind_lint.audit.model import AuditResult
from aind_lint.audit.state.audit_state import AuditState, Leftovers
from aind_lint.audit.state.loading import load_state
from aind_lint.audit.state.open_state import open_state, state_address
from aind_lint.audit.state.saving import save_result
from aind_lint.audit.times import iso_time
from aind_lint.audit.verdicts import VerdictInputs
from aind_lint.bucket.address import absolute_address, is_s3, suggest_bucket
from aind_lint.errors import BucketError, UsageError

#: Called with the result of an audit.
OnResult = Callable[[AuditResult], None]

#: Names of files in one line.
_MAX_NAMES = 3


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
            return _run(begin_audit(address, options, store, Path(spill), on_step), on_result)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            reason = str(error).splitlines()[0]
            raise UsageError(
                f"the tables of keys need more memory or disk space ({reason}); raise --memory, or name a folder with "
                "more space in TMPDIR"
            ) from None


def _run(context: AuditContext, on_result: OnResult) -> AuditResult:
    """Run every step."""
    began, cpu = time.monotonic(), time.process_time()
    state = load_state(context.state_store, absolute_address(context.address), context.spill)
    listing = _read_listing(context, state)
    database = connect(context.options.memory, context.jobs, context.spill)
    found = find_in_listing(context, database, listing, state)
    judge = choose_judge(context.address, context.settings, listing, context.options, context.jobs, state.needs_workers)
    found.checked_rules = judge.rules
    inputs = VerdictInputs(
        found.facts, found.checks.names, found.checks.twins, judge.environment, listing.facts.created
    )
    sampled = {name for name in found.checks.names if is_in_sample(name, context.options.sample, listing.created)}
    judge_assets(context, judge, inputs, found, state, database, sampled)
    context.not_checked.extend(unread_contents(found.verdicts, context.options, listing))
    result = build_result(
        context.address,
        listing,
        found,
        state,
        context.not_checked,
        judge.packages,
        "full" if judge.rules is None else "keys",
        context.run_facts,
    )
    context.run_facts.seconds = round(time.monotonic() - began, 1)
    context.run_facts.cpu_seconds = round(time.process_time() - cpu, 1)
    on_result(result)
    if listing.facts.is_trusted:
        leftovers = save_result(
            context.state_store,
            result,
            found.facts,
            found.parts,
            {name: asset.key_part for name, asset in state.assets.items() if asset.key_part},
            found.comparison.missing,
            [saved for _, saved in sorted(found.saved.items())],
            {
                **state.meta,
                "bucket": absolute_address(context.address),
                "hash_probe": hash_probe(database),
            },
            context.options.keep_keys,
            context.spill,
        )
        if leftovers is not None:
            context.on_step(_describe_leftovers(leftovers))
    return result


def _read_listing(context: AuditContext, state: AuditState) -> AuditListing:
    options, is_bucket_s3 = context.options, is_s3(context.address)
    now = options.now or datetime.now(timezone.utc)
    if options.inventory is None:
        context.on_step(f"Listing {context.address} ...")
        listing = read_bucket(context.bucket, context.spill, now, is_bucket_s3)
    else:
        context.on_step("Reading the inventory ...")
        inventory = find_listed_inventory(
            context.address, options.inventory, options.connection, now, options.max_age_hours, options.confirm
        )
        _refuse_older(inventory, state)
        listing = read_inventory(inventory, context.spill, options.connection, now, is_bucket_s3)
    listing.facts.previous = state.created
    context.not_checked.extend(listing.not_checked)
    price = GET_PRICE if options.inventory else LIST_PRICE
    context.costs.add(listing.requests, listing.files.downloaded_bytes, price)
    return listing


def _refuse_older(inventory: Inventory, state: AuditState) -> None:
    created = iso_time(inventory.created)
    if state.created is not None and created < state.created:
        raise BucketError(
            f"the inventory of {created} is older than the last audit, which used the listing of {state.created}; "
            "name a newer inventory, or another --state"
        )


def _describe_leftovers(leftovers: Leftovers) -> str:
    """A line about files that could not be removed from a state."""
    names = ", ".join(leftovers.names[:_MAX_NAMES])
    more = len(leftovers.names) - _MAX_NAMES
    return (
        "warning: the results are saved, but files that are no longer needed could not be removed from the state "
        f"({names}{f' and {more:,} more' if more > 0 else ''}): {leftovers.reason}. They do no harm; the next audit "
        "removes them if it is allowed to (s3:DeleteObject)"
    )
