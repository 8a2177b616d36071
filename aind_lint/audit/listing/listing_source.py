"""Where the listing of a bucket comes from, and whether it may be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aind_lint.audit.listing.inventory import Inventory, InventoryError, find_inventory
from aind_lint.audit.listing.inventory_files import ObjectFiles, fetch_files
from aind_lint.audit.listing.listed_files import KEYS_PER_LIST, list_files
from aind_lint.audit.model import AuditNotChecked
from aind_lint.audit.run_facts import InputFacts
from aind_lint.audit.times import iso_time
from aind_lint.bucket.address import Connection, is_s3, split_s3
from aind_lint.bucket.directory.reader import DirectoryReader
from aind_lint.bucket.store import Store

#: What is not checked without a column of the inventory.
_NEEDED_FOR = {
    "size": ("sizes of objects, empty files, and bytes by modality", "the inventory has no column Size"),
    "e_tag": ("objects that were written again with the same size", "the inventory has no column ETag"),
    "last_modified_date": (
        "objects after the publication, ages of attempts, and assets in flight",
        "the inventory has no column LastModifiedDate",
    ),
    "storage_class": ("bytes by storage class", "the inventory has no column StorageClass"),
}


#: Hours by which the clock of S3 can be ahead of that of this computer.
_AHEAD_HOURS = 24


@dataclass
class AuditListing:
    """The listing of a bucket.

    Attributes:
        facts: How far it can be trusted.
        created: Its time.
        files: Its rows.
        not_checked: What cannot be checked with it.
        requests: Requests to S3.
    """

    facts: InputFacts
    created: datetime
    files: ObjectFiles
    not_checked: list[AuditNotChecked]
    requests: int = 0


def find_listed_inventory(
    address: str, inventory: str, connection: Connection, now: datetime, max_age_hours: float, confirmed: bool
) -> Inventory:
    """The inventory to use.

    Raises:
        InventoryError: There is none, it is of another bucket, or it is older than ``max_age_hours``.
    """
    found = find_inventory(inventory, connection)
    if is_s3(address) and found.source_bucket != (bucket := split_s3(address)[0]):
        raise InventoryError(
            f"{found.address} is the inventory of the bucket {found.source_bucket}, not of {bucket}; name the "
            f"inventory of {bucket}, or audit s3://{found.source_bucket}"
        )
    age = (now - found.created) / timedelta(hours=1)
    if age < -_AHEAD_HOURS:
        raise InventoryError(
            f"the inventory was made at {iso_time(found.created)}, which is in the future: every later one would be "
            "older than this audit; look at the clock of this computer, or name another inventory"
        )
    if age > max_age_hours and not confirmed:
        raise InventoryError(
            f"the newest inventory is {age:,.0f} hours old ({iso_time(found.created)}), older than --max-age "
            f"{max_age_hours:g}h; look at the inventory configuration of the bucket, or use it with --confirm"
        )
    return found


def read_inventory(
    inventory: Inventory, spill: Path, connection: Connection, now: datetime, is_bucket_s3: bool
) -> AuditListing:
    """The listing in an inventory, every file verified.

    Raises:
        InventoryError: A file is missing or damaged.
    """
    files = fetch_files(inventory, spill, connection)
    missing = [column for column in _NEEDED_FOR if column not in files.columns]
    facts = InputFacts(
        "inventory",
        inventory.address,
        inventory.file_format,
        iso_time(inventory.created),
        round((now - inventory.created) / timedelta(hours=1), 1),
        files=len(inventory.files),
        rows=files.rows,
        missing_columns=missing,
        warnings=list(files.warnings),
    )
    if not is_bucket_s3:
        facts.warnings.append(
            f"The inventory is of the bucket {inventory.source_bucket}; the audited bucket is a folder."
        )
    not_checked = [AuditNotChecked(*_NEEDED_FOR[column]) for column in missing]
    return AuditListing(
        facts, inventory.created, files, not_checked, files.requests + (2 if is_s3(inventory.address) else 0)
    )


def read_bucket(store: Store, spill: Path, now: datetime, is_bucket_s3: bool) -> AuditListing:
    """The listing of a bucket without an inventory: a LIST, or the files of a folder.

    Raises:
        BucketError: The bucket cannot be listed.
    """
    files = list_files(store, spill)
    facts = InputFacts(
        "list" if is_bucket_s3 else "directory", created=iso_time(now), rows=files.rows, warnings=list(files.warnings)
    )
    if isinstance(store, DirectoryReader) and store.links:
        facts.warnings.append(f"Left out: links and special files, which are no objects ({store.links:,}).")
    requests = files.rows // KEYS_PER_LIST + 1 if is_bucket_s3 else 0
    return AuditListing(facts, now, files, [], requests)
