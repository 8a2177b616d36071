"""Runs the rules over the assets that have changed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.app.auditing.audit_context import AuditContext
from aind_lint.app.auditing.request_costs import GET_PRICE
from aind_lint.app.auditing.result import AuditFound
from aind_lint.audit.asset_task import Judge
from aind_lint.audit.state.audit_state import AuditState, Progress
from aind_lint.audit.state.key_parts import write_parts
from aind_lint.audit.state.loading import local_part
from aind_lint.audit.verdicts import VerdictInputs
from aind_lint.bucket.address import is_s3
from aind_lint.errors import BucketError
from aind_lint.text.quantities import format_bytes, format_count

if TYPE_CHECKING:
    import duckdb


def judge_assets(
    context: AuditContext,
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
    context.run_facts.unchanged = len(found.verdicts)
    _announce(context, pending, found)
    if not pending:
        return
    paths = _paths_of_keys(context, database, pending, found, state)
    progress = Progress(context.state_store)
    reason = "no worker returned a result for it"
    try:
        for verdict in judge.judge(inputs.tasks(pending, paths, state.verdicts)):
            found.verdicts[verdict.name] = verdict
            context.costs.add(verdict.requests, verdict.downloaded_bytes, GET_PRICE)
            if verdict.unknown is None:
                context.run_facts.judged += 1
                found.saved[verdict.name] = inputs.saved(verdict)
                progress.add(found.saved[verdict.name])
    except BucketError as error:  # such as expired credentials
        reason = str(error)
        left = format_count(len(pending) - sum(name in found.verdicts for name in pending), "asset")
        context.run_facts.problem = f"The audit could not read the bucket to the end; {left} not checked: {reason}"
    finally:
        with suppress(BucketError):  # saving the state will report it
            progress.end()
    for name in pending:
        if name not in found.verdicts:
            found.unknown[name] = reason
        elif (unknown := found.verdicts[name].unknown) is not None:
            found.unknown[name] = unknown
    context.run_facts.failed = len(found.unknown.keys() & set(pending))


def _announce(context: AuditContext, pending: list[str], found: AuditFound) -> None:
    """Print what will be checked, with requests and price; raise `BucketError` above ``--max-requests``."""
    text = f"Checking {format_count(len(pending), 'asset')}; {len(found.verdicts):,} unchanged"
    if is_s3(context.address) and found.checked_rules is None:
        small = [row for name in pending for row in found.facts[name].small]
        size = format_bytes(sum(row.size or 0 for row in small))
        requests = len(small)
        text += f"; about {requests:,} requests, {size}, ${requests * GET_PRICE:,.2f}"
        total = context.run_facts.requests + requests
        if total > context.options.max_requests and not context.options.confirm:
            limit = f"--max-requests is {context.options.max_requests:,}; raise it, or use --confirm"
            raise BucketError(f"the audit needs about {total:,} requests, but {limit}")
    context.on_step(f"{text} ...")


def _paths_of_keys(
    context: AuditContext, database: duckdb.DuckDBPyConnection, names: list[str], found: AuditFound, state: AuditState
) -> dict[str, Path]:
    """The file with the keys of each asset: a new part, one of the state, or a temporary one."""
    new = found.parts
    paths = {name: new.paths[new.part_of[name]] for name in names if name in new.part_of}
    old: dict[str, Path] = {}
    for name in names:
        part = state.assets[name].key_part if name in state.assets else None
        if name not in paths and part is not None:
            if part not in old:
                old[part] = local_part(context.state_store, state, part, context.spill)
            paths[name] = old[part]
    folder = context.spill / "temporary"
    folder.mkdir()
    missing = {name: found.facts[name].keys for name in names if name not in paths}
    temporary = write_parts(database, missing, 1, folder)
    return {**paths, **{name: temporary.paths[part] for name, part in temporary.part_of.items()}}
