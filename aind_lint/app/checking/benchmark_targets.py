"""The recordings of the benchmark bucket, or of a copy of it, as targets of a check."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from aind_lint.app.checking.check_targets import CheckTarget, CheckTargets, list_data, read_error, stored_data_target
from aind_lint.asset.benchmark_layout import BenchmarkRecordings, find_recordings
from aind_lint.asset.listing.entry_kind import is_folder_entry
from aind_lint.bucket.address import Connection, is_s3, split_s3
from aind_lint.errors import UsageError
from aind_lint.system.disk_paths import path_on_disk


def find_recording_targets(paths: list[str], from_files: bool, connection: Connection) -> CheckTargets:
    """The recordings at or below paths, each a target of its own.

    Args:
        paths: Folders, files, or ``s3://`` addresses.
        from_files: Whether the paths are changed files, which is refused.
        connection: How to connect to S3.

    Raises:
        UsageError: A path does not exist or cannot be read.
        BucketError: A bucket cannot be read.
    """
    if from_files:
        raise UsageError("--from-files finds the assets of changed files, and --profile benchmark checks no assets")
    targets = CheckTargets()
    for path in paths:
        found = _add_stored(targets, path, connection) if is_s3(path) else _add_local(targets, path)
        address = path.rstrip("/") if is_s3(path) else Path(path).as_posix()
        targets.ignored_names += [f"{address}/{name}: not in a recording" for name in found.others]
        if not found:
            targets.without_asset.append(f"{path} contains no recording of the benchmark data")
    return targets


def _add_local(targets: CheckTargets, path: str) -> BenchmarkRecordings:
    root = path_on_disk(Path(path))
    if not root.exists():
        raise UsageError(f"{path} does not exist")
    if root.is_file():
        targets.targets.append(CheckTarget(str(root), "data", partial(list_data, root)))
        return BenchmarkRecordings(files=[""])

    def list_level(below: str) -> tuple[list[str], list[str]]:
        with os.scandir(root / below) as entries:
            names = sorted((entry.name, is_folder_entry(entry)) for entry in entries)
        return [name for name, is_folder in names if is_folder], [name for name, is_folder in names if not is_folder]

    try:
        found = find_recordings(list_level, list(root.absolute().parts))
    except OSError as error:
        raise read_error(path, error) from None
    recordings = [root / below for below in (*found.folders, *found.files)]
    targets.targets += [CheckTarget(str(one), "data", partial(list_data, one)) for one in recordings]
    return found


def _add_stored(targets: CheckTargets, address: str, connection: Connection) -> BenchmarkRecordings:
    from aind_lint.bucket.stored_assets import BucketLocation

    bucket, prefix = split_s3(address)
    place = BucketLocation(address.rstrip("/"), connection)
    parent, _, name = prefix.rpartition("/")
    around = BucketLocation(f"s3://{bucket}/{parent}".rstrip("/"), connection)

    def list_level(below: str) -> tuple[list[str], list[str]]:
        start = f"{below}/" if below else ""
        folders, objects = place.store.scan_level(start)
        return folders, [one.key[len(start) :] for one in objects]

    if name and any(stored.key == name for stored in around.store.scan(name, limit=1)):
        targets.targets.append(stored_data_target(around, name))
        return BenchmarkRecordings(files=[""])
    found = find_recordings(list_level, [bucket, *(part for part in prefix.split("/") if part)])
    for below in (*found.folders, *found.files):
        inner, _, last = below.rpartition("/")
        where = BucketLocation(f"{place.address}/{inner}", connection) if inner else place
        targets.targets.append(stored_data_target(where, last) if last else stored_data_target(around, name))
    return found
