"""S3 Inventory: finding the newest complete one, and reading its manifest.

S3 writes ``<prefix>/<bucket>/<configuration>/YYYY-MM-DDTHH-MMZ/manifest.json`` with ``manifest.checksum`` (MD5 in
hexadecimal) last. The data files, named by their key in the destination bucket, are outside the dated folder. Source:
Amazon S3 User Guide, "Locating your inventory list".
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO, Literal, cast

from aind_lint.bucket.address import Connection, is_s3, split_s3
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError, os_error_reason
from aind_lint.text.characters import one_line
from aind_lint.text.separators import portable_path

FileFormat = Literal["Parquet", "ORC", "CSV"]

MANIFEST = "manifest.json"
_CHECKSUM = "manifest.checksum"
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}Z")
_MD5 = re.compile("[0-9a-f]{32}")
#: Bytes of the largest manifest: a bucket of 10 billion objects has about 10,000 data files, of 200 bytes each.
_MAX_MANIFEST = 64 * 2**20

#: The columns that an audit reads; all but the first two are optional.
COLUMNS = (
    "bucket",
    "key",
    "size",
    "last_modified_date",
    "e_tag",
    "storage_class",
    "is_latest",
    "is_delete_marker",
)


class InventoryError(BucketError):
    """An inventory cannot be read or must not be used."""


@dataclass(frozen=True)
class DataFile:
    """One data file of an inventory.

    Attributes:
        key: Its key in the destination bucket.
        size: Bytes.
        md5: MD5 of its content, in hexadecimal.
    """

    key: str
    size: int
    md5: str


@dataclass(frozen=True)
class Inventory:
    """One inventory of a bucket.

    Attributes:
        address: Address of its manifest.
        source_bucket: Name of the listed bucket.
        created: When the scan of the bucket started.
        file_format: Format of the data files.
        columns: For CSV, the names of the columns in their order, as in a Parquet inventory.
        files: The data files.
        warnings: What is odd about it, each a sentence.
    """

    address: str
    source_bucket: str
    created: datetime
    file_format: FileFormat
    columns: list[str]
    files: list[DataFile]
    warnings: list[str]

    def open(self, file: DataFile, connection: Connection) -> tuple[BinaryIO, Path | None]:
        """A data file as a stream, and its path if it is on this computer.

        Raises:
            InventoryError: It cannot be read.
        """
        if is_s3(self.address):
            bucket = f"s3://{split_s3(self.address)[0]}"
            return _open_object(open_store(bucket, connection), file.key, f"{bucket}/{file.key}"), None
        folder = Path(self.address).parent.parent
        parts = [part for part in file.key.split("/") if part]
        if ".." in parts or not parts:
            raise InventoryError(f"{self.address} names the data file '{one_line(file.key, 80)}', which is not a key")
        # A copy of an inventory seldom has the prefix that its keys have in the destination bucket.
        candidates = [folder.joinpath(*parts), folder.joinpath(*parts[-2:])]
        for path in candidates:
            if path.is_file():
                return path.open("rb"), path
        raise InventoryError(
            f"the inventory is incomplete: its data file {candidates[0]} does not exist; copy the whole inventory, "
            "or wait for the next one"
        )


def find_inventory(address: str, connection: Connection) -> Inventory:
    """The inventory at an address: a ``manifest.json``, its folder, or a folder of dated folders.

    Raises:
        InventoryError: There is no complete inventory, or its manifest is damaged.
        UsageError: The address is not valid.
    """
    base = portable_path(address).removesuffix("/")
    if base.rpartition("/")[2] == MANIFEST or base == MANIFEST:
        folder = base[: -len(MANIFEST)].rstrip("/") or "."
        return _read_manifest(folder, "", connection)
    store = _open(base, connection)
    try:
        folders, files = store.scan_level("")
    except BucketError as error:
        raise InventoryError(f"cannot read the inventory: {error}") from None
    if any(stored.key == MANIFEST for stored in files):
        return _read_manifest(base, "", connection)
    dated = [name for name in folders if _DATED.fullmatch(name)]
    for name in sorted(dated, reverse=True):
        # The checksum is written last; without it the inventory is still being written.
        if {f"{name}/{MANIFEST}", f"{name}/{_CHECKSUM}"} <= {stored.key for stored in store.scan_level(f"{name}/")[1]}:
            return _read_manifest(base, name, connection)
    if dated:
        raise InventoryError(
            f"no inventory below {address} is complete: {max(dated)} has no {MANIFEST} with {_CHECKSUM}; "
            "wait until S3 has written it"
        )
    raise InventoryError(
        f"there is no inventory at {address}: it has neither {MANIFEST} nor a folder such as 2026-11-30T01-00Z; "
        "name the folder of the inventory configuration, s3://DESTINATION/PREFIX/BUCKET/CONFIGURATION"
    )


def _open(address: str, connection: Connection) -> Store:
    """The store at an address; the connection is that of the bucket, and a folder takes none."""
    return open_store(address, connection if is_s3(address) else Connection())


def _read_manifest(base: str, name: str, connection: Connection) -> Inventory:
    """The inventory whose manifest is in the folder ``name`` below ``base``."""
    folder = f"{base}/{name}" if name else base
    address = f"{folder}/{MANIFEST}"
    store = _open(folder, connection)
    with _open_object(store, MANIFEST, address) as stream:
        raw = stream.read(_MAX_MANIFEST + 1)
    with _open_object(store, _CHECKSUM, address) as stream:
        expected = stream.read(100).decode("ascii", "replace").strip().lower()
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != expected:
        raise InventoryError(
            f"{address} is damaged: its MD5 is {found}, but {_CHECKSUM} contains '{one_line(expected, 40)}'; "
            "copy both files again, or use the inventory of another day"
        )
    try:
        return _parse_manifest(address, json.loads(raw))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InventoryError(
            f"{address} is not the manifest of an S3 Inventory ({type(error).__name__}: {one_line(str(error), 80)})"
        ) from None


def _open_object(store: Store, key: str, address: str) -> BinaryIO:
    """An object of an inventory; the address is for the message."""
    try:
        return store.open(key)
    except BucketError as error:
        raise InventoryError(f"{address} of the inventory cannot be read: {error}") from None
    except OSError as error:
        raise InventoryError(f"{address} of the inventory cannot be read: {os_error_reason(error)}") from None


def _parse_manifest(address: str, content: dict[str, object]) -> Inventory:
    file_format = str(content["fileFormat"])
    if file_format not in ("Parquet", "ORC", "CSV"):
        raise ValueError(f"its fileFormat is {file_format}")
    files: dict[str, DataFile] = {}
    warnings = []
    for item in cast("list[dict[str, object]]", content["files"]):
        file = DataFile(str(item["key"]), int(str(item["size"])), str(item["MD5checksum"]).lower())
        if not _MD5.fullmatch(file.md5):
            raise ValueError(f"the MD5checksum of {file.key} is {file.md5}")
        if file.key in files:
            warnings.append(f"The manifest lists the data file {file.key} twice; it was read once.")
        files[file.key] = file
    created = datetime.fromtimestamp(int(str(content["creationTimestamp"])) / 1000, timezone.utc)
    schema = str(content["fileSchema"])
    columns = [_snake_case(name.strip()) for name in schema.split(",")] if file_format == "CSV" else []
    if columns and not {"bucket", "key"}.issubset(columns):
        raise ValueError("its fileSchema has no Bucket or no Key")
    return Inventory(
        address,
        str(content["sourceBucket"]),
        created,
        cast(FileFormat, file_format),
        columns,
        list(files.values()),
        warnings,
    )


def _snake_case(name: str) -> str:
    """The name of a column in Parquet, from the one in CSV: ``LastModifiedDate``, ``ETag``."""
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", "_", name).lower()
