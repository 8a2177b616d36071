"""Writes a BIL sheet: a TSV file for each tab, or a workbook."""

from __future__ import annotations

import csv
import importlib
import io
from pathlib import Path
from typing import Literal

from aind_lint.archives.bil.columns import FIRST_ROW, SHEET_VERSION, TABS
from aind_lint.archives.bil.sheet import BilSheet
from aind_lint.errors import UsageError
from aind_lint.system.output_file import write_file, write_text_file

SheetFormat = Literal["tsv", "xlsx"]


def sheet_files(target: Path, format_: SheetFormat) -> list[Path]:
    """The files of a sheet: the workbook, or a TSV file for each tab in a folder."""
    return [target] if format_ == "xlsx" else [target / f"{tab.name}.tsv" for tab in TABS]


def write_sheet(sheet: BilSheet, target: Path, format_: SheetFormat) -> list[Path]:
    """Write a sheet.

    Args:
        sheet: The sheet.
        target: The folder of the TSV files, or the workbook.
        format_: The format.

    Returns:
        The files.

    Raises:
        UsageError: openpyxl is not installed.
        OSError: A file cannot be written.
    """
    files = sheet_files(target, format_)
    if format_ == "xlsx":
        write_file(target, [_workbook(sheet)])
        return files
    target.mkdir(parents=True, exist_ok=True)
    for tab, file in zip(TABS, files, strict=True):
        buffer = io.StringIO()
        names = [column.name for column in tab.columns]
        writer = csv.DictWriter(buffer, names, restval="", delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(sheet.rows[tab.name])
        write_text_file(file, buffer.getvalue())
    return files


def _workbook(sheet: BilSheet) -> bytes:
    try:
        openpyxl = importlib.import_module("openpyxl")  # optional, and slow to import
    except ImportError:
        raise UsageError("a workbook needs openpyxl: pip install 'aind-lint[xlsx]'; or write --format tsv") from None
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for tab in TABS:
        page = book.create_sheet(tab.name)
        page.cell(1, 1, f"{tab.name} (BIL metadata, version {SHEET_VERSION})")
        for number, column in enumerate(tab.columns, 1):
            page.cell(tab.heading_row, number, column.name)
            page.cell(tab.heading_row + 1, number, "required" if column.required else "optional")
            for offset, row in enumerate(sheet.rows[tab.name]):
                cell = page.cell(FIRST_ROW + offset, number)
                cell.value = row.get(column.name, "")
                cell.data_type = "s"  # text of a sidecar that begins with "=" must not become a formula
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
