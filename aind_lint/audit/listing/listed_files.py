"""The objects of a bucket without an inventory: a LIST of every key, or the files of a folder, as Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from aind_lint.audit.listing.inventory_files import ObjectFiles
from aind_lint.bucket.store import Store, StoredObject

#: Rows of one row group: about 30 MB in memory.
_BATCH = 100_000

#: Keys of one LIST request.
KEYS_PER_LIST = 1000


def list_files(store: Store, spill: Path) -> ObjectFiles:
    """Every object of a store, in a Parquet file with the columns of S3 Inventory.

    Raises:
        BucketError: The store cannot be listed.
    """
    import pyarrow
    import pyarrow.parquet

    path, rows = spill / "listing.parquet", 0
    schema = pyarrow.schema(
        [
            ("key", pyarrow.string()),
            ("size", pyarrow.int64()),
            ("e_tag", pyarrow.string()),
            ("last_modified_date", pyarrow.timestamp("ms", "UTC")),
            ("storage_class", pyarrow.string()),
        ]
    )
    unreadable = 0
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for batch in _batches(store.scan("")):
            kept = [row for row in batch if _is_text(row.key)]
            unreadable += len(batch) - len(kept)
            columns: list[list[Any]] = [
                [row.key for row in kept],
                [row.size for row in kept],
                [row.etag for row in kept],
                [datetime.fromisoformat(row.modified.replace("Z", "+00:00")) if row.modified else None for row in kept],
                [row.storage_class for row in kept],
            ]
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            rows += len(kept)
    warnings = [f"{unreadable:,} files have names that are not UTF-8; they were left out."] if unreadable else []
    return ObjectFiles([path], set(schema.names), rows, warnings=warnings)


def _is_text(key: str) -> bool:
    """Whether a key can be written as UTF-8; a file name on Linux is any bytes."""
    return key.isascii() or not any("\ud800" <= character <= "\udfff" for character in key)


def _batches(objects: Iterator[StoredObject]) -> Iterator[list[StoredObject]]:
    while batch := list(islice(objects, _BATCH)):
        yield batch
