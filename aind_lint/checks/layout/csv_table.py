"""Do CSV tables follow their file standard? Each table is read once, as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.storage.csv_reader import CsvTable
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.glob import compile_globs

NEEDS_DATA = True

#: Tables of one asset that a rule reads.
_MAX_TABLES = 500


class Options(verb.Options):
    """Which tables, and which problem to report.

    Attributes:
        files: Globs of the files; of names in a folder when tables are compared.
        problem: ``unreadable``, ``missing-header``, ``ragged-rows``, ``skipped-frames`` and ``unequal-intervals`` as in
            `aind_lint.storage.csv_reader.CsvTable`; ``missing-columns``: a column is missing; ``column-numbers``: the
            numbers of columns such as ``Fiber_0`` do not count up from zero; ``no-rows``: there is only a header;
            ``different-row-counts``: tables in one folder have different numbers of rows.
        columns: Columns that must be there; ``*`` stands for anything.
        folders: Globs of the folders in which tables are compared.
    """

    problem: Literal[
        "unreadable",
        "missing-header",
        "ragged-rows",
        "skipped-frames",
        "unequal-intervals",
        "missing-columns",
        "column-numbers",
        "no-rows",
        "different-row-counts",
    ]
    files: Annotated[list[str], NOT_EMPTY]
    columns: list[str] = []
    folders: list[str] = []


def searches(options: Options) -> list[str]:
    """The globs of the tables, or of the folders in which tables are compared."""
    return options.folders if options.problem == "different-row-counts" else options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every table, or folder of tables, that has the problem."""
    yield from report_limited(_faults(asset, options), "more tables or folders like this")


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    if options.problem == "different-row-counts":
        for folder in asset.listing.key_index.folders_matching(options.folders):
            yield from _row_counts(asset, folder, options.files)
        return
    keys = asset.listing.key_index.files_matching(options.files)
    checked = list(islice(keys, _MAX_TABLES))
    if rest := sum(1 for _ in keys):
        yield Unchecked(f"only {_MAX_TABLES:,} of {_MAX_TABLES + rest:,} tables were read")
    for key in checked:
        table = asset.csv_table(key)
        if isinstance(table, str):
            yield Unchecked(table, key)
        elif options.problem == "missing-columns":
            yield from _missing_columns(key, table, options.columns)
        elif options.problem == "column-numbers":
            yield from _column_numbers(key, table, options.columns)
        elif options.problem == "no-rows":
            if table.complete and table.columns and not table.rows:
                yield Fault(f"{key} has no row below its header", key, line=1, column=1)
        elif options.problem in table.problems:
            line, message = table.problems[options.problem]
            yield Fault(f"{key}: {message}", key, line=line, column=1)


def _missing_columns(key: str, table: CsvTable, columns: list[str]) -> Iterator[Fault]:
    if not table.columns:
        return  # another rule reports empty and unreadable files
    missing = [name for name in columns if not any(map(compile_globs((name,)).fullmatch, table.columns))]
    if missing:
        columns_text = ", ".join(missing)
        yield Fault(f"{key} has no column {columns_text}", key, line=1, column=1, expected=columns_text)


def _column_numbers(key: str, table: CsvTable, names: list[str]) -> Iterator[Fault]:
    """Columns such as ``Fiber_0`` and ``Fiber_1`` whose numbers have a gap or a repetition."""
    for name in names:
        numbers = [column.removeprefix(name) for column in table.columns if column.startswith(name)]
        expected = [str(number) for number in range(len(numbers))]
        if sorted(numbers) != sorted(expected):
            found = ", ".join(f"{name}{number}" for number in numbers)
            message = f"{key} has the columns {found}; their numbers must be consecutive from 0"
            yield Fault(message, key, line=1, column=1, found=found, expected=f"{name}0 to {name}{len(numbers) - 1}")


def _row_counts(asset: Asset, folder: str, names: list[str]) -> Iterator[Fault | Unchecked]:
    keys = [key for name in names if (key := f"{folder}/{name}") in asset.listing.files]
    rows: dict[str, int] = {}
    for key in keys:
        table = asset.csv_table(key)
        if isinstance(table, str):
            yield Unchecked(table, key)
        elif table.complete:
            rows[key] = table.rows
    if len(set(rows.values())) > 1:
        counts = ", ".join(f"{key.rpartition('/')[2]} has {count:,}" for key, count in rows.items())
        yield Fault(f"{folder}: the tables have different numbers of rows: {counts}", folder)
