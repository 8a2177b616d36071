"""Which judge an audit uses, and what that judge does not read."""

from __future__ import annotations

from collections.abc import Collection

from aind_lint.app.auditing.audit_options import AuditOptions
from aind_lint.app.auditing.judges.full_judge import FullJudge
from aind_lint.app.auditing.judges.sample import is_in_sample
from aind_lint.app.auditing.judges.unit_messages import JudgeParameters
from aind_lint.audit.asset_task import Judge
from aind_lint.audit.listing.listing_source import AuditListing
from aind_lint.audit.model import AuditNotChecked
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.config.settings import Settings


def choose_judge(
    address: str, settings: Settings, listing: AuditListing, options: AuditOptions, jobs: int, needs_workers: bool
) -> Judge:
    """The judge for the rules and the engine of the options.

    Args:
        address: The bucket.
        settings: The configuration.
        listing: The listing of the bucket.
        options: The options.
        jobs: The number of workers on this machine.
        needs_workers: Whether the rules must not run in this process.
    """
    if options.rules == "keys" or not has_sizes(listing):
        from aind_lint.app.auditing.judges.listing_judge import ListingJudge  # loads the engine of the rules

        return ListingJudge(address, settings, listing.created, has_sizes(listing))
    connection = options.connection if is_s3(address) else Connection()
    parameters = JudgeParameters(
        address, settings, connection, listing.created, options.sample, options.max_requests_per_second
    )
    return FullJudge(parameters, options.engine, jobs, options.insecure_scheduler, needs_workers)


def has_sizes(listing: AuditListing) -> bool:
    """Whether a listing has the sizes of objects; without them no object is read."""
    return "size" not in listing.facts.missing_columns


def unread_contents(assets: Collection[str], options: AuditOptions, listing: AuditListing) -> list[AuditNotChecked]:
    """What of these assets is not read, because of the options or the listing."""
    created = listing.created
    if options.rules == "keys" or not has_sizes(listing):
        reason = "--rules keys checks only what the listing shows"
        if not has_sizes(listing):
            reason = "the inventory has no column Size"
        return [AuditNotChecked("contents of sidecars and data", reason, len(assets))]
    unread = sum(not is_in_sample(name, options.sample, created) for name in assets)
    reason = "--sample reads another part each day" if options.sample else "--sample is not set"
    return [AuditNotChecked("contents of data files", reason, unread)] if unread else []
