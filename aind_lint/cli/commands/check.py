"""``aind-lint check``."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aind_lint.app.checking import check
from aind_lint.bucket.address import Connection
from aind_lint.cli.options import config_option, connection_options, refuse_empty, verbose_option
from aind_lint.cli.progress_line import Progress
from aind_lint.cli.shell_completion import complete_paths, complete_rules
from aind_lint.cli.terminal import show, show_error
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.finding import Gate, Report
from aind_lint.report.formats import FORMATS, render
from aind_lint.text.quantities import format_bytes

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule import Profile


#: What is printed instead of the text format with ``--statistics``.
_STATISTICS = "statistics"


@click.command("check", short_help="Check assets; nothing is written.")
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=refuse_empty, shell_complete=complete_paths)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"How to report: {', '.join(FORMATS)}; with =FILE into a file. Repeatable.  [default: text]",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report there, not to standard output."
)
@click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    shell_complete=complete_rules,
    help="Report only this id, name or family. Repeatable.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    shell_complete=complete_rules,
    help="Leave out this id, name or family. Repeatable.",
)
@click.option(
    "--extend-rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="A folder with more rules."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    help="The mildest finding that makes the exit code 1.  [default: error]",
)
@click.option("--bucket", metavar="URL|DIR", callback=refuse_empty, help="Also check against this destination.")
@click.option(
    "--profile",
    type=click.Choice(["candidate", "archive", "published"]),
    help="Which demands apply; by default chosen by what is checked.",
)
@click.option("--from-files", is_flag=True, help="The paths are changed files: check the assets that own them.")
@click.option(
    "--allow-empty", is_flag=True, help="Folders without any asset are no failure: nothing was to be checked."
)
@click.option("--fast", is_flag=True, help="Leave out the schema packages' models, and say so: a quick first look.")
@config_option
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Pass over the findings that 'aind-lint baseline' counted.",
)
@click.option("--show-suppressed", is_flag=True, help="Also list what configuration and baseline silence.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule, in place of the findings.")
@click.option("--load", type=click.Path(path_type=Path), metavar="RUN.json", help="Report a run saved as JSON again.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, metavar="N", help="Check N assets at the same time.")
@click.option("--no-cache", is_flag=True, help="Judge every asset anew, even one that has not changed since.")
@verbose_option("Name every rule that was not checked.")
@connection_options
def command(
    paths: tuple[str, ...],
    formats: tuple[str, ...],
    output: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    extend_rules: tuple[Path, ...],
    fail_on: Gate | None,
    bucket: str | None,
    profile: Profile | None,
    from_files: bool,
    allow_empty: bool,
    fast: bool,
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
    """Check PATHS: assets, folders of assets, single sidecars, upload manifests, or s3:// prefixes.

    Without any, the current folder is checked. A manifest stands for the asset that it would upload.

    \b
    Exit codes: 0 nothing at or above --fail-on, 1 findings,
    2 usage or internal error, 3 no asset found, 4 the bucket could not be read,
    130 interrupted.
    """  # noqa: D301 - click wants the character
    # Looking for garbage among thousands of reports and classes, which all stay, costs a tenth of a check.
    gc.set_threshold(100_000, 50, 100)
    targets = _targets(formats, output, statistics)
    if load is not None:
        report = _loaded(load, paths, fail_on)
    else:
        with Progress() as progress:
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
                fail_on=fail_on,
                config=config,
                baseline=baseline,
                jobs=jobs,
                cache=not no_cache,
                connection=connection,
                on_listed=progress.reporter(lambda files: f"listing: {files:,} files"),
                on_hashed=progress.reporter(lambda size: f"reading: {format_bytes(size)}"),
            )
    for format_, file in targets:
        text = _render(format_, report, verbose, show_suppressed)
        if file is None:
            show(text, nl=False)
        else:
            _write(file, click.unstyle(text))
    for message in report.without_asset:
        show_error(message)
    for message in dict.fromkeys(asset.bucket_error for asset in report.assets if asset.bucket_error):
        show_error(message)
    if not report.assets and (from_files or allow_empty):
        show("no asset is concerned" if from_files else "no asset is here, so nothing was checked", err=True)
    return report.exit_code()


def _render(format_: str, report: Report, verbose: bool, show_suppressed: bool) -> str:
    if format_ == _STATISTICS:
        from aind_lint.report.statistics import render_statistics

        return render_statistics(report, verbose)
    text = render(format_, report, verbose)
    if show_suppressed and format_ in ("text", "concise"):
        from aind_lint.report.suppressed import render_suppressed

        return render_suppressed(report) + text
    return text


def _loaded(file: Path, paths: tuple[str, ...], fail_on: Gate | None) -> Report:
    from aind_lint.report.saved_report import load_report

    if paths:
        raise UsageError("--load reports a saved run, so no paths can be named beside it")
    report = load_report(file)
    report.fail_on = fail_on or report.fail_on
    return report


def _targets(formats: tuple[str, ...], output: Path | None, statistics: bool) -> list[tuple[str, Path | None]]:
    """Which formats go where; None is standard output. Statistics stand in for the text."""
    targets: list[tuple[str, Path | None]] = []
    for spec in formats or ("text",):
        format_, _, file = spec.partition("=")
        if format_ not in FORMATS:
            from aind_lint.text.suggestions import closest

            meant = closest(format_, FORMATS)
            hint = f"did you mean '{meant}'?" if meant else f"choose one of {', '.join(FORMATS)}"
            raise UsageError(f"there is no format '{format_}'; {hint}")
        if spec.endswith("="):
            raise UsageError(f"no file is named after '{spec}'")
        shown = _STATISTICS if statistics and format_ == "text" else format_
        targets.append((shown, Path(file) if file else output))
    places = [place for _, place in targets]
    for place in places:
        if places.count(place) > 1:
            where = place or "standard output"
            hint = "give the others a file, as in --format json=report.json"
            raise UsageError(f"only one format can go to {where}; {hint}")
        if place and not place.parent.is_dir():
            raise UsageError(f"cannot write {place}: there is no folder {place.parent}")
    return targets


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {os_error_reason(error)}") from None
