"""``aind-lint bil-sheet``."""

from __future__ import annotations

from pathlib import Path

import click

from aind_lint.app.bil_sheet import write_bil_sheet
from aind_lint.archives.bil.sheet import MissingValue
from aind_lint.archives.bil.write_sheet import SheetFormat
from aind_lint.bucket.address import Connection
from aind_lint.cli.options import connection_options, debug_option, refuse_bad_path
from aind_lint.cli.shell_completion import complete_paths
from aind_lint.cli.terminal import show
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize


@click.command("bil-sheet")
@click.argument(
    "assets", nargs=-1, required=True, metavar="ASSET...", callback=refuse_bad_path, shell_complete=complete_paths
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["tsv", "xlsx"]),
    default="tsv",
    show_default=True,
    help="A folder with a TSV file for each tab, or a workbook.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR|FILE",
    help="Folder of the TSV files, or the workbook.  [default: bil-sheet or bil-sheet.xlsx]",
)
@debug_option
@connection_options
def command(assets: tuple[str, ...], format_: SheetFormat, output: Path | None, connection: Connection) -> int:
    """Write the metadata sheet of the Brain Image Library (BIL, version 3) for each ASSET, from its sidecars.

    Values that the sidecars do not state are listed. Fill them in the sheet, or in the sidecars and write the sheet
    again. 'aind-lint check --for bil' reports the same values as findings.

    \b
    Exit codes:
      0    written
      2    usage error, or a file of the sheet exists
      3    no asset found
      4    the bucket could not be read
    """  # noqa: D301 - click needs the escape
    target = output or Path("bil-sheet.xlsx" if format_ == "xlsx" else "bil-sheet")
    try:
        files, missing = write_bil_sheet(assets, target, format_, connection)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {os_error_reason(error)}") from None
    show("\n".join([*(f"written: {sanitize(str(file))}" for file in files), *_missing_text(missing)]))
    return 0


def _missing_text(missing: list[MissingValue]) -> list[str]:
    if not missing:
        return ["No required value is missing."]
    lines = [f"{format_count(len(missing), 'required value')} missing:"]
    for value in missing:
        where = f"from {value.column.source}" if value.column.source else "fill it in the sheet: no sidecar states it"
        lines.append(f"  {sanitize(str(value))}  ({where})")
    return lines
