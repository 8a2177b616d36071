"""Small S3 Inventories of a bucket of assets, as AWS writes them. Equal arguments give equal files."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pyarrow
import pyarrow.csv
import pyarrow.orc
import pyarrow.parquet

BUCKET = "aind-test-data"
DAY = 86_400_000
#: 2026-11-30T00:00Z
NOW = 1_795_996_800_000
OLD = NOW - 400 * DAY

#: Our names of columns with those of CSV.
CAMEL = {
    "bucket": "Bucket",
    "key": "Key",
    "version_id": "VersionId",
    "is_latest": "IsLatest",
    "is_delete_marker": "IsDeleteMarker",
    "size": "Size",
    "last_modified_date": "LastModifiedDate",
    "e_tag": "ETag",
    "storage_class": "StorageClass",
}

RAW = "ecephys_123456_2022-12-12_05-06-07"


@dataclass(frozen=True)
class Row:
    """One row of an inventory."""

    key: str
    size: int = 100
    modified: int = OLD
    content: str = ""
    storage_class: str = "STANDARD"
    is_latest: bool = True
    is_delete_marker: bool = False

    @property
    def etag(self) -> str:
        """The ETag of an object that was stored by a single request."""
        return hashlib.md5(f"{self.key} {self.size} {self.content}".encode()).hexdigest()


def asset(name: str, modified: int = OLD, data: int = 3) -> list[Row]:
    """The objects of a raw asset of the first generation, complete by what a listing shows."""
    sidecars = ("subject", "procedures", "processing", "rig", "session")
    rows = [Row(f"{name}/{kind}.json", 4000, modified) for kind in sidecars]
    rows += [Row(f"{name}/ecephys/chunk-{number}.bin", 1000 + number, modified - DAY // 8) for number in range(data)]
    return [*rows, Row(f"{name}/data_description.json", 1500, modified)]


def clean_bucket(assets: int = 30) -> list[Row]:
    """A bucket without faults: raw assets, and one derived asset of each third one."""
    rows = []
    for number in range(assets):
        name = f"ecephys_{200000 + number}_2023-01-{1 + number % 28:02}_10-11-12"
        rows += asset(name)
        if number % 3 == 0:
            derived = asset(f"{name}_sorted-ks25_2023-02-01_00-00-{number:02}")
            rows += [replace(row, key=row.key.replace("/ecephys/", "/sorted/")) for row in derived]
    return rows


@dataclass
class Inventory:
    """How an inventory is written.

    Attributes:
        folder: The folder of the inventory configuration.
        rows: Its rows.
        created: Start of the scan, milliseconds since 1970.
        file_format: Parquet, CSV or ORC.
        columns: The columns.
        files: Number of data files.
        bucket: The listed bucket.
        encode: How CSV encodes keys.
        change: Changes the manifest before it is written.
        etag_of: The ETag of an object.
        time_format: How CSV writes times.
    """

    folder: Path
    rows: list[Row]
    created: int = NOW
    file_format: str = "Parquet"
    columns: tuple[str, ...] = ("bucket", "key", "size", "last_modified_date", "e_tag", "storage_class")
    files: int = 2
    bucket: str = BUCKET
    encode: Callable[[str], str] = field(default=lambda key: quote_plus(key, safe="/"))
    change: Callable[[dict[str, Any]], None] = lambda manifest: None
    etag_of: Callable[[Row], str] = lambda row: row.etag
    time_format: str = "%Y-%m-%dT%H:%M:%S.000Z"

    def write(self) -> Path:
        """Write it; the path of its manifest."""
        stamp = time.strftime("%Y-%m-%dT%H-%MZ", time.gmtime(self.created / 1000))
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        (self.folder / stamp).mkdir(exist_ok=True)
        listed = [
            self._write_file(f"{stamp}-{number}", self.rows[number :: self.files]) for number in range(self.files)
        ]
        manifest: dict[str, Any] = {
            "sourceBucket": self.bucket,
            "destinationBucket": f"arn:aws:s3:::{self.bucket}-inventory",
            "version": "2016-11-30",
            "creationTimestamp": str(self.created),
            "fileFormat": self.file_format,
            "fileSchema": ", ".join(CAMEL[name] for name in self.columns),
            "files": listed,
        }
        self.change(manifest)
        raw = json.dumps(manifest).encode()
        path = self.folder / stamp / "manifest.json"
        path.write_bytes(raw)
        (self.folder / stamp / "manifest.checksum").write_text(hashlib.md5(raw).hexdigest() + "\n")
        return path

    def _write_file(self, name: str, rows: Iterable[Row]) -> dict[str, Any]:
        table = self._table(list(rows))
        ending = {"Parquet": "parquet", "CSV": "csv.gz", "ORC": "orc"}[self.file_format]
        path = self.folder / "data" / f"{name}.{ending}"
        if self.file_format == "Parquet":
            pyarrow.parquet.write_table(table, path)
        elif self.file_format == "ORC":
            pyarrow.orc.write_table(table, path)
        else:
            path.write_bytes(gzip.compress(self._csv(table).encode(), mtime=0))
        content = path.read_bytes()
        return {"key": f"data/{path.name}", "size": len(content), "MD5checksum": hashlib.md5(content).hexdigest()}

    def _table(self, rows: list[Row]) -> Any:
        columns = {
            "bucket": pyarrow.array([self.bucket] * len(rows), pyarrow.string()),
            "key": pyarrow.array([row.key for row in rows], pyarrow.string()),
            "version_id": pyarrow.array(["v" * 32] * len(rows), pyarrow.string()),
            "is_latest": pyarrow.array([row.is_latest for row in rows], pyarrow.bool_()),
            "is_delete_marker": pyarrow.array([row.is_delete_marker for row in rows], pyarrow.bool_()),
            "size": pyarrow.array([None if row.is_delete_marker else row.size for row in rows], pyarrow.int64()),
            "last_modified_date": pyarrow.array([row.modified for row in rows], pyarrow.timestamp("ms", "UTC")),
            "e_tag": pyarrow.array(
                [None if row.is_delete_marker else self.etag_of(row) for row in rows], pyarrow.string()
            ),
            "storage_class": pyarrow.array([row.storage_class for row in rows], pyarrow.string()),
        }
        return pyarrow.table({name: columns[name] for name in self.columns})

    def _csv(self, table: Any) -> str:
        """As AWS: no header, everything in quotes, keys encoded, times with milliseconds and Z."""
        lines = []
        for row in table.to_pylist():
            row["key"] = self.encode(row["key"])
            if "last_modified_date" in row:
                row["last_modified_date"] = row["last_modified_date"].strftime(self.time_format)
            values = (
                "" if value is None else str(value).lower() if value in (True, False) else str(value)
                for value in row.values()
            )
            lines.append(",".join('"' + value.replace('"', '""') + '"' for value in values) + "\n")
        return "".join(lines)


def percent_encoded(key: str) -> str:
    """The encoding with ``%20`` for a space."""
    return quote(key, safe="/")
