"""Files that only list jobs for the transfer service: a job request in JSON, or a job table (CSV, XLSX).

Sources: ``SubmitJobRequestV2`` and ``map_csv_row_to_job`` of aind-data-transfer-service 2.2.2.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from aind_lint.asset.upload.upload_manifest import UploadManifest, read_limited
from aind_lint.errors import UsageError

#: Bytes of a request or table, and of a spreadsheet, compressed and not. A request has at most 50 jobs.
_MAX_BYTES, _MAX_XLSX_BYTES, _MAX_UNPACKED_BYTES = 2_000_000, 5_000_000, 100_000_000
_MAX_ROWS = 10_000

#: Extensions of files that can list jobs.
TABLE_SUFFIXES = (".csv", ".xlsx")
_MODALITY = re.compile(r"modality[0-9]*", re.ASCII)
#: Columns of a table, by the task that reads them and the setting.
_TASK_COLUMNS = {
    "metadata_dir": ("gather_preliminary_metadata", "metadata_dir"),
    "derivatives_dir": ("copy_derivatives_folder", "input_source"),
}


def lists_jobs(path: Path) -> bool:
    """Whether a file is a job request or a job table.

    Raises:
        UsageError: The file cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        rows = _spreadsheet_rows(read_limited(path, _MAX_XLSX_BYTES), path)
        return bool(rows) and _is_header(rows[0][1])
    head = read_limited(path, _MAX_BYTES)
    if suffix == ".json":
        return b'"upload_jobs"' in head or (b'"acq_datetime"' in head and b'"job_type"' in head)
    return suffix == ".csv" and _is_header(head[:20_000].split(b"\n")[0].decode("utf-8", "replace").split(","))


def _is_header(cells: Iterable[str]) -> bool:
    """Whether the cells of the first row are columns of a job table."""
    return len({_column(cell) for cell in cells} & {"subject_id", "acq_datetime", "modality0", "job_type"}) > 1


def read_job_request(path: Path) -> UploadManifest:
    """Read a job request or a job table.

    Raises:
        UsageError: The file cannot be read or parsed, or is too large.
    """
    return parse_job_request(read_limited(path, _MAX_XLSX_BYTES), path)


def parse_job_request(raw: bytes, path: Path) -> UploadManifest:
    """Parse the bytes of a job request or a job table that was read from ``path``.

    Raises:
        UsageError: The file cannot be parsed, or is too large.
    """
    suffix = path.suffix.lower()
    limit = _MAX_XLSX_BYTES if suffix == ".xlsx" else _MAX_BYTES
    if len(raw) > limit:
        raise UsageError(f"{path} is larger than {limit:,} bytes, the limit for this kind of file")
    if suffix == ".xlsx":
        return _table(path, _spreadsheet_rows(raw, path))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    return _json_request(text, path) if suffix == ".json" else _table(path, _csv_rows(text, path), text)


def _json_request(text: str, path: Path) -> UploadManifest:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise UsageError(f"{path}: the values are nested too deeply") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not a job request: it is not an object")
    return UploadManifest(path, text, content, form="request")


def _csv_rows(text: str, path: Path) -> list[tuple[int, list[str]]]:
    """The rows with the lines on which they end."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: not CSV: {error}") from None


def _spreadsheet_rows(raw: bytes, path: Path) -> list[tuple[int, list[str]]]:
    """The rows of the active sheet with their numbers."""
    try:
        openpyxl = importlib.import_module("openpyxl")  # optional, and slow to import
    except ModuleNotFoundError:
        message = f"reading {path} needs openpyxl; install it with: pip install 'aind-lint[xlsx]'"
        raise UsageError(message) from None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED_BYTES:
                raise UsageError(f"{path} is larger than {_MAX_UNPACKED_BYTES:,} bytes when unpacked")
        workbook = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sheet = workbook.active
        rows = [] if sheet is None else sheet.iter_rows(max_row=_MAX_ROWS, values_only=True)
        return [(number, [_cell_text(cell) for cell in row]) for number, row in enumerate(rows, 1)]
    except UsageError:
        raise
    except Exception as error:  # openpyxl raises many kinds of exceptions for damaged files
        raise UsageError(f"{path} is not a spreadsheet: {type(error).__name__}") from None


def _cell_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else str(cell)


def _table(path: Path, rows: list[tuple[int, list[str]]], text: str | None = None) -> UploadManifest:
    from aind_lint.text.yaml_reader import YamlPosition  # slow to import

    if text is None:
        text = "\n".join(", ".join(row).rstrip(", ").replace("\n", " ") for _, row in rows)
    header = [_column(cell) for cell in rows[0][1]] if rows else []
    filled = [(number, row) for number, row in rows[1 : _MAX_ROWS + 1] if any(cell.strip() for cell in row)]
    jobs = [_job(zip(header, (cell.strip() for cell in row), strict=False)) for _, row in filled]
    lines = text.splitlines()
    positions = {
        f"/upload_jobs/{index}": YamlPosition(number, 1, max(1, len(lines[number - 1]) if number <= len(lines) else 1))
        for index, (number, _) in enumerate(filled)
    }
    return UploadManifest(path, text, {"upload_jobs": jobs}, positions, "table")


def _column(cell: str) -> str:
    return cell.strip('\ufeff" \r').replace("-", "_")


def _job(cells: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The job of one row, in the form of a job request."""
    job: dict[str, Any] = {}
    tasks: dict[str, Any] = {}
    modalities: dict[str, dict[str, str]] = {}
    for column, value in cells:
        name, _, setting = column.partition(".")
        if not value:
            continue
        if _MODALITY.fullmatch(name):
            modalities.setdefault(name, {})["input_source" if setting == "source" else setting] = value
        elif column in _TASK_COLUMNS:
            task, key = _TASK_COLUMNS[column]
            tasks[task] = {"job_settings": {key: value}}
        elif column == "force_cloud_sync":
            job |= {column: True} if value.upper() in ("TRUE", "T") else {}
        else:
            job[column] = value
    named = [settings for settings in modalities.values() if settings.get("")]
    tasks["modality_transformation_settings"] = {
        settings[""]: {"job_settings": {key: text for key, text in settings.items() if key}} for settings in named
    }
    return {**job, "modalities": [{"abbreviation": settings[""]} for settings in named], "tasks": tasks}
