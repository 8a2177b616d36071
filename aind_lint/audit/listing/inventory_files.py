"""Data files of an inventory: verified on their way into the spill folder, and converted to Parquet.

S3's own Parquet files are read where they are. ORC and CSV are converted with pyarrow, because DuckDB's wheel reads
neither ORC nor the encoding of keys in CSV inventories.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote_plus

from aind_lint.audit.listing.inventory import COLUMNS, DataFile, Inventory, InventoryError
from aind_lint.bucket.address import Connection
from aind_lint.errors import BucketError, os_error_reason
from aind_lint.system.concurrency_limits import INVENTORY_DOWNLOADS
from aind_lint.text.characters import one_line
from aind_lint.text.quantities import format_count

_CHUNK = 1 << 20

#: Downloads of one data file: a connection that is closed before the end must not end an audit.
_MAX_TRIES = 3


@dataclass
class ObjectFiles:
    """Parquet files with one row for each object (or version) of the bucket.

    Attributes:
        paths: The files; with the columns of S3 Inventory.
        columns: The columns of `COLUMNS` that they have.
        rows: Number of rows.
        requests: Requests to S3 that it took to get them.
        downloaded_bytes: Bytes that were read from S3.
        warnings: What is odd about them, each a sentence.
    """

    paths: list[Path]
    columns: set[str]
    rows: int
    requests: int = 0
    downloaded_bytes: int = 0
    warnings: list[str] = field(default_factory=list)


def fetch_files(inventory: Inventory, spill: Path, connection: Connection) -> ObjectFiles:
    """Verify every data file, and make it readable for DuckDB.

    Raises:
        InventoryError: A file is missing, truncated or damaged.
    """
    if not inventory.files:
        raise InventoryError(
            f"{inventory.address} names no data files, so nothing can be audited; look at the inventory configuration"
        )
    verify = partial(_verify, inventory, spill, connection)
    with ThreadPoolExecutor(INVENTORY_DOWNLOADS) as pool:
        verified = list(pool.map(verify, range(len(inventory.files)), inventory.files))
    paths = [path for path, _ in verified]
    if inventory.file_format != "Parquet":
        paths = [_convert(inventory, path, spill / f"converted-{n}.parquet") for n, path in enumerate(paths)]
    columns, rows = _inspect(inventory, paths)
    downloads = [size for _, size in verified if size is not None]
    return ObjectFiles(paths, columns, rows, len(downloads), sum(downloads), list(inventory.warnings))


def _verify(
    inventory: Inventory, spill: Path, connection: Connection, number: int, file: DataFile
) -> tuple[Path, int | None]:
    """Where a verified data file is, and the bytes that were read from S3; None if it was on this computer."""
    for left in reversed(range(_MAX_TRIES)):
        stream, local = inventory.open(file, connection)
        path = local or spill / f"inventory-{number}{'.gz' if file.key.endswith('.gz') else ''}"
        try:
            size = _copy_verified(stream, file, path if local is None else None)
        except BucketError as error:  # the connection was closed, or a proxy returned something else
            if local is None and left:
                continue
            raise InventoryError(f"the data file {file.key} of the inventory {error}") from None
        except OSError as error:
            reason = os_error_reason(error)
            raise InventoryError(f"the data file {file.key} cannot be read, or copied to {spill}: {reason}") from None
        return path, None if local else size
    raise AssertionError("unreachable")


def _copy_verified(stream: BinaryIO, file: DataFile, target: Path | None) -> int:
    """Copy a data file; the number of its bytes.

    Args:
        stream: The file.
        file: Its size and MD5.
        target: Where to; None to verify it only.

    Raises:
        BucketError: It cannot be read, or is not that file.
    """
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with stream, target.open("wb") if target else nullcontext() as copy:
        try:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if copy:
                    copy.write(chunk)
        except BucketError as error:
            raise BucketError(f"cannot be read: {error}") from None
    again = "copy it again, or use the inventory of another day"
    if size != file.size:
        raise BucketError(f"has {size:,} bytes, but its manifest states {file.size:,}; {again}")
    if digest.hexdigest() != file.md5:
        raise BucketError(f"is damaged: its MD5 is {digest.hexdigest()}, but its manifest states {file.md5}; {again}")
    return size


def _inspect(inventory: Inventory, paths: list[Path]) -> tuple[set[str], int]:
    """The columns that every file has, and the number of rows."""
    import pyarrow
    import pyarrow.parquet

    columns, rows = set(COLUMNS), 0
    for path in paths:
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                columns &= set(file.schema_arrow.names)
                rows += file.metadata.num_rows
                _refuse_other_bucket(inventory, file)
                _refuse_missing_keys(path, file)
        except (pyarrow.ArrowException, OSError) as error:
            raise _unreadable(path, error) from None
    if paths and "key" not in columns:
        raise InventoryError(f"the data files of {inventory.address} have no column 'key'")
    return columns, rows


def _refuse_other_bucket(inventory: Inventory, file: Any) -> None:
    """Raise InventoryError if the statistics of a file show rows of another bucket."""
    if "bucket" not in file.schema_arrow.names or not file.metadata.num_row_groups:
        return
    index = file.schema_arrow.names.index("bucket")
    for group in range(file.metadata.num_row_groups):
        statistics = file.metadata.row_group(group).column(index).statistics
        if statistics is not None and statistics.has_min_max:
            for value in (statistics.min, statistics.max):
                if value != inventory.source_bucket:
                    raise InventoryError(
                        f"{inventory.address} is the inventory of {inventory.source_bucket}, but it has rows of the "
                        f"bucket {one_line(str(value), 60)}"
                    )


def _refuse_missing_keys(path: Path, file: Any) -> None:
    """Raise InventoryError if a file has rows without a key; it is read only where it has no statistics of them."""
    if "key" not in file.schema_arrow.names:
        return
    index = file.schema_arrow.names.index("key")
    for group in range(file.metadata.num_row_groups):
        statistics = file.metadata.row_group(group).column(index).statistics
        if statistics is not None and statistics.has_null_count:
            missing = statistics.null_count
        else:
            missing = file.read_row_group(group, ["key"]).column(0).null_count
        if missing:
            raise InventoryError(
                f"the data file {path} of the inventory has {format_count(missing, 'row')} without a key"
            )


def _unreadable(path: Path, error: Exception) -> InventoryError:
    return InventoryError(f"the data file {path} of the inventory cannot be read: {one_line(str(error), 120)}")


def _convert(inventory: Inventory, path: Path, target: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    batches = _orc_batches(path) if inventory.file_format == "ORC" else _csv_batches(path, inventory.columns)
    writer = None
    try:
        for batch in batches:
            writer = writer or pyarrow.parquet.ParquetWriter(target, batch.schema)
            writer.write_batch(batch)
    except (pyarrow.ArrowException, OSError, EOFError) as error:
        raise _unreadable(path, error) from None
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        types = _column_types()
        empty = {name: pyarrow.array([], types.get(name, pyarrow.string())) for name in inventory.columns or COLUMNS}
        pyarrow.parquet.write_table(pyarrow.table(empty), target)
    return target


def _orc_batches(path: Path) -> Iterator[Any]:
    import pyarrow
    import pyarrow.orc

    file = pyarrow.orc.ORCFile(path)
    names = [name for name in file.schema.names if name in COLUMNS]
    for stripe in range(file.nstripes):
        batch = file.read_stripe(stripe, columns=names)
        if "last_modified_date" in names:  # in nanoseconds, which DuckDB converts differently
            index = batch.schema.get_field_index("last_modified_date")
            times = batch.column(index).cast(pyarrow.timestamp("ms", "UTC"), safe=False)
            batch = batch.set_column(index, "last_modified_date", times)
        yield batch


def _csv_batches(path: Path, columns: list[str]) -> Iterator[Any]:
    """The rows of a CSV file, which has no header; keys are decoded, and columns get the types of Parquet."""
    import pyarrow
    import pyarrow.csv

    types = _column_types()
    wanted = [name for name in columns if name in COLUMNS]
    try:
        reader = pyarrow.csv.open_csv(
            path,
            pyarrow.csv.ReadOptions(column_names=columns, block_size=1 << 24),
            pyarrow.csv.ParseOptions(newlines_in_values=True),
            pyarrow.csv.ConvertOptions(
                include_columns=wanted,
                column_types={name: pyarrow.string() for name in wanted},
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pyarrow.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise
    for batch in reader:
        arrays = [
            _decoded(batch.column(index))
            if name == "key"
            else _typed(batch.column(index), types.get(name, pyarrow.string()))
            for index, name in enumerate(wanted)
        ]
        yield pyarrow.RecordBatch.from_arrays(arrays, wanted)


def _typed(texts: Any, type_: Any) -> Any:
    """A column with its type; times can have more digits than milliseconds."""
    import pyarrow

    if pyarrow.types.is_timestamp(type_):
        return texts.cast(pyarrow.timestamp("ns", "UTC")).cast(type_, safe=False)
    return texts.cast(type_)


def _column_types() -> dict[str, Any]:
    """The types of the columns that are no texts."""
    import pyarrow

    return {
        "size": pyarrow.int64(),
        "last_modified_date": pyarrow.timestamp("ms", "UTC"),
        "is_latest": pyarrow.bool_(),
        "is_delete_marker": pyarrow.bool_(),
    }


def _decoded(keys: Any) -> Any:
    """Keys without their URL encoding: ``+`` or ``%20`` is a space, ``%2B`` a plus."""
    import pyarrow
    import pyarrow.compute

    encoded = pyarrow.compute.match_substring_regex(keys, "[%+]")
    if not pyarrow.compute.any(encoded).as_py():
        return keys
    decoded = [unquote_plus(key) for key in keys.filter(encoded).to_pylist()]
    return pyarrow.compute.replace_with_mask(keys, encoded, pyarrow.array(decoded, pyarrow.string()))
