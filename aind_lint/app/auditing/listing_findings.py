"""What the listing of a bucket shows by itself, and compared with the last audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aind_lint.app.auditing.audit_context import AuditContext
from aind_lint.app.auditing.request_costs import GET_PRICE, LIST_PRICE
from aind_lint.app.auditing.result import AuditFound
from aind_lint.app.auditing.state_comparison import compare_with_state
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.audit.audit_rules import LATE_OBJECT, UNFINISHED_UPLOAD
from aind_lint.audit.bucket_checks import BucketChecks, check_bucket, check_late_objects, check_root, check_sources
from aind_lint.audit.changes import change_findings
from aind_lint.audit.listing.inventory import InventoryError
from aind_lint.audit.listing.listing_source import AuditListing
from aind_lint.audit.listing.object_tables import AssetFacts, collect_facts, count_unknown_sizes, create_objects
from aind_lint.audit.model import AuditNotChecked
from aind_lint.audit.state.audit_state import AuditState
from aind_lint.audit.times import to_milliseconds
from aind_lint.audit.unfinished_uploads import find_unfinished_uploads
from aind_lint.bucket.address import is_s3, split_s3
from aind_lint.errors import BucketError
from aind_lint.text.characters import one_line
from aind_lint.text.quantities import format_count
from aind_lint.text.shell import shell_argument

if TYPE_CHECKING:
    import duckdb


def find_in_listing(
    context: AuditContext, database: duckdb.DuckDBPyConnection, listing: AuditListing, state: AuditState
) -> AuditFound:
    """What the listing shows by itself, and compared with the last audit."""
    context.on_step(f"Comparing {listing.files.rows:,} keys ...")
    facts = _collect_facts(context, database, listing)
    for name in context.options.removed:
        _forget_removed(context, name, facts, state)
    is_snapshot = listing.facts.kind == "inventory"
    created = to_milliseconds(listing.created)
    added = context.settings.vocabulary
    vocabulary = added.extend() if added else VOCABULARY
    checks = check_bucket(facts, created, is_snapshot, context.address, vocabulary)
    compared = compare_with_state(
        database,
        facts,
        checks.names,
        listing,
        state,
        context.state_store,
        context.bucket,
        context.options,
        context.spill,
    )
    requests = compared.comparison.heads + compared.manifests.requests
    context.costs.add(requests, compared.manifests.downloaded_bytes, GET_PRICE)
    context.costs.add(compared.comparison.lists + compared.unexplained.lists, 0, LIST_PRICE)
    context.not_checked.extend(compared.not_checked)
    _find_uploads(context, checks, listing)
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


def _collect_facts(
    context: AuditContext, database: duckdb.DuckDBPyConnection, listing: AuditListing
) -> dict[str, AssetFacts]:
    """The facts of every top-level prefix; refuse a listing that is not as S3 writes it."""
    import duckdb

    prefix = split_s3(context.address)[1] if is_s3(context.address) and context.options.inventory else ""
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
            f"the listing of {context.address} is empty; look at the address, and at the prefix of the inventory"
        )
    return facts


def _forget_removed(context: AuditContext, name: str, facts: Mapping[str, AssetFacts], state: AuditState) -> None:
    """Forget an asset that was removed on purpose. One that is in the listing is compared as always."""
    ignored = f"warning: --removed {shell_argument(name)} is ignored"
    if name in facts:
        context.on_step(f"{ignored}: the listing has {format_count(facts[name].keys, 'object')} of it")
    elif not state.knows(name):
        context.on_step(f"{ignored}: no earlier audit has seen an asset of this name")
    else:
        state.forget(name)


def _find_uploads(context: AuditContext, checks: BucketChecks, listing: AuditListing) -> None:
    """Add the unfinished multipart uploads to the checks; a folder has none."""
    if not is_s3(context.address):
        return
    try:
        attempts, findings = find_unfinished_uploads(context.bucket, listing.created)
    except BucketError as error:
        checks.unchecked.add(UNFINISHED_UPLOAD.id)
        context.not_checked.append(AuditNotChecked("unfinished multipart uploads", str(error)))
        return
    context.costs.add(1, 0, LIST_PRICE)
    checks.unfinished += attempts
    checks.findings += findings
