"""The objects of a bucket without an inventory: a LIST of every key, or the files of a folder, as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aind_lint.audit.listing.inventory_files import ObjectFiles
from aind_lint.bucket.store import Store
from aind_lint.text.quantities import format_count

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
    columns: tuple[list[Any], ...] = ([], [], [], [], [])
    keys, sizes, etags, times, classes = columns
    unreadable = 0
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:

        def write_batch() -> None:
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            for column in columns:
                column.clear()

        # Objects are not kept: the garbage collector would go through 100,000 of them again and again.
        for stored in store.scan(""):
            if not _is_text(stored.key):
                unreadable += 1
                continue
            keys.append(stored.key)
            sizes.append(stored.size)
            etags.append(stored.etag)
            times.append(stored.modified_ms)
            classes.append(stored.storage_class)
            rows += 1
            if len(keys) == _BATCH:
                write_batch()
        write_batch()
    warnings = []
    if unreadable:
        warnings.append(f"Left out: {format_count(unreadable, 'file')} with a name that is not UTF-8.")
    return ObjectFiles([path], set(schema.names), rows, warnings=warnings)


def _is_text(key: str) -> bool:
    """Whether a key can be written as UTF-8; a file name on Linux is any bytes."""
    return key.isascii() or not any("\ud800" <= character <= "\udfff" for character in key)
