"""``aind-lint check``."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aind_lint.app.checking.check import check
from aind_lint.bucket.address import Connection
from aind_lint.cli.format_option import parse_formats
from aind_lint.cli.options import SectionedCommand, config_option, connection_options, refuse_bad_path, verbose_option
from aind_lint.cli.progress_line import ProgressLine
from aind_lint.cli.shell_completion import complete_paths, complete_rules
from aind_lint.cli.terminal import show, show_document, show_error, text_width
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.finding import FailOn, Report
from aind_lint.report.formats import FORMATS, render
from aind_lint.system.output_file import write_text_file
from aind_lint.text.quantities import format_bytes
from aind_lint.text.sanitize import sanitize

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule import Profile, PublicArchive
    from aind_lint.formats.read_budget import Contents


#: The formats whose encoding is that of the terminal; the others are UTF-8.
_FOR_PEOPLE = ("text", "concise", "statistics")

#: What was ignored in a bucket is listed up to this number.
_MAX_IGNORED = 20

#: What is printed instead of the text format with ``--statistics``.
_STATISTICS = "statistics"


#: The sections of ``check --help``.
_SECTIONS = {
    "What is checked": (
        "bucket",
        "profile",
        "for_archive",
        "from_files",
        "allow_empty",
        "fast",
        "contents",
        "jobs",
        "no_cache",
    ),
    "Rules": ("select", "ignore", "extend_rules", "fail_on", "config", "baseline"),
    "Report": ("formats", "output", "show_suppressed", "statistics", "load", "verbose", "color"),
}


@click.command("check", cls=SectionedCommand, sections=_SECTIONS)
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=refuse_bad_path, shell_complete=complete_paths)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"Report format: {', '.join(FORMATS)}; =FILE writes it to a file. Repeatable.  [default: text]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the report to FILE instead of standard output.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    shell_complete=complete_rules,
    help="Check only this rule id, name or family. Repeatable.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    shell_complete=complete_rules,
    help="Leave out this rule id, name or family. Repeatable.",
)
@click.option(
    "--extend-rules",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with additional rules. Repeatable.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    help="Lowest severity that fails the check.  [default: error]",
)
@click.option(
    "--bucket",
    metavar="URL|DIR",
    callback=refuse_bad_path,
    help="Also check against this destination: s3://bucket or a folder.",
)
@click.option(
    "--profile",
    type=click.Choice(["candidate", "archive", "published", "benchmark"]),
    help="Which requirements apply; by default chosen for each asset. 'benchmark' checks recordings without sidecars.",
)
@click.option("--from-files", is_flag=True, help="PATHS are changed files: check the assets they belong to.")
@click.option("--allow-empty", is_flag=True, help="Exit with 0, not 3, when the folders contain no asset.")
@click.option(
    "--fast", is_flag=True, help="Skip the models of the schema packages, which load slowly, and read no data files."
)
@click.option(
    "--contents",
    type=click.Choice(["none", "sample", "all"]),
    default="sample",
    show_default=True,
    help="How much to read inside data files: nothing, some chunks of each array, or every byte.",
)
@click.option(
    "--for",
    "for_archive",
    type=click.Choice(["dandi", "bil"]),
    help="Also check what this public archive demands.",
)
@config_option
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ignore the findings recorded by 'aind-lint baseline'.",
)
@click.option("--show-suppressed", is_flag=True, help="Also list suppressed findings.")
@click.option("--statistics", is_flag=True, help="Show the number of findings per rule instead of the findings.")
@click.option(
    "--load", type=click.Path(path_type=Path), metavar="RUN.json", help="Show a saved JSON report instead of checking."
)
@click.option("--jobs", type=click.IntRange(1, 256), default=1, metavar="N", help="Check N assets in parallel.")
@click.option("--no-cache", is_flag=True, help="Check again even assets that have not changed since the last check.")
@verbose_option("Name every rule that was not checked, and show debug messages.")
@connection_options
def command(
    paths: tuple[str, ...],
    formats: tuple[str, ...],
    output: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    extend_rules: tuple[Path, ...],
    fail_on: FailOn | None,
    bucket: str | None,
    profile: Profile | None,
    from_files: bool,
    allow_empty: bool,
    fast: bool,
    contents: Contents,
    for_archive: PublicArchive | None,
    config: Path | None,
    baseline: Path | None,
    show_suppressed: bool,
    statistics: bool,
    load: Path | None,
    jobs: int,
    no_cache: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Check PATHS: assets, folders of assets, single sidecars, upload manifests, job requests, or s3:// prefixes.

    The default is the current folder. For an upload manifest, the asset that it would upload is checked. A job request
    (.json) or a job table (.csv, .xlsx) of the transfer service is checked without the assets.

    \b
    Exit codes:
      0    no findings at or above --fail-on
      1    findings
      2    usage or internal error
      3    no asset found
      4    the bucket could not be read
      130  interrupted
    """  # noqa: D301 - click needs the escape
    # Collecting garbage among thousands of long-lived reports and classes costs a tenth of a check.
    gc.set_threshold(100_000, 50, 100)
    targets = parse_formats(formats, FORMATS, output)
    if statistics:
        targets = [(_STATISTICS if format_ == "text" else format_, file) for format_, file in targets]
    if load is not None:
        report = _load(load, paths, fail_on)
    else:
        with ProgressLine() as progress:
            report = check(
                paths or ([] if from_files else ["."]),
                bucket=bucket,
                select=select,
                ignore=ignore,
                extend_rules=extend_rules,
                profile=profile,
                from_files=from_files,
                allow_empty=allow_empty,
                fast=fast,
                contents=contents,
                for_archive=for_archive,
                fail_on=fail_on,
                config=config,
                baseline=baseline,
                jobs=jobs,
                cache=not no_cache,
                connection=connection,
                on_listed=progress.reporter(lambda files: f"listing: {files:,} files"),
                on_checked=progress.count_assets,
                on_hashed=progress.reporter(lambda size: f"reading: {format_bytes(size)}"),
            )
    for format_, file in targets:
        text = _render(format_, report, verbose, show_suppressed, text_width() if file is None else None)
        if file is None and format_ in _FOR_PEOPLE:
            show(text, nl=False)
        elif file is None:
            show_document(text)
        else:
            _write(file, click.unstyle(text))
    for message in report.without_asset:
        show_error(message)
    errors = [error for asset in report.assets for error in (asset.read_error, asset.bucket_error) if error]
    for message in dict.fromkeys(errors):
        show_error(message)
    for ignored in report.ignored_names[:_MAX_IGNORED]:
        show(f"ignored: {sanitize(ignored)}", err=True)
    if len(report.ignored_names) > _MAX_IGNORED:
        show(f"ignored: {len(report.ignored_names) - _MAX_IGNORED:,} more; --format json lists all", err=True)
    if not report.assets and (from_files or allow_empty):
        show("no asset contains these files" if from_files else "no asset found; nothing was checked", err=True)
    return report.exit_code()


def _render(format_: str, report: Report, verbose: bool, show_suppressed: bool, width: int | None) -> str:
    if format_ == _STATISTICS:
        from aind_lint.report.statistics import render_statistics

        return render_statistics(report, verbose, width)
    text = render(format_, report, verbose, width)
    if show_suppressed and format_ in _FOR_PEOPLE:
        from aind_lint.report.suppressed import render_suppressed

        return render_suppressed(report) + text
    return text


def _load(file: Path, paths: tuple[str, ...], fail_on: FailOn | None) -> Report:
    from aind_lint.report.saved_report import load_report

    if paths:
        raise UsageError("--load shows a saved report, so it takes no PATHS")
    report = load_report(file)
    report.fail_on = fail_on or report.fail_on
    return report


def _write(file: Path, text: str) -> None:
    try:
        write_text_file(file, text)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {os_error_reason(error)}") from None
