"""``aind-lint baseline``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from aind_lint.app.checking import check_paths, rules_of
from aind_lint.cli.options import config_option, refuse_empty
from aind_lint.cli.terminal import show
from aind_lint.config.file import display_path, find_settings, read_settings
from aind_lint.engine.baseline import FILE_NAME, Baseline
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize


@click.command("baseline", short_help="Count the findings of today, so that only new ones fail.")
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=refuse_empty)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Where to write it.  [default: the one that is configured, else {FILE_NAME}]",
)
@click.option("--prune", is_flag=True, help="Only lower what is counted too many; add nothing.")
@config_option
def command(paths: tuple[str, ...], output: Path | None, prune: bool, config: Path | None) -> None:
    """Check PATHS (default: the current folder) and write how many findings of each rule every file has.

    A check with --baseline FILE, or with baseline = "FILE" in the configuration, passes over as many. Rules that are
    mandatory for publishing are not counted: nothing silences them. Publishing does not read a baseline.

    With --prune, the baseline that is there loses what it counts too many in PATHS, and no new finding joins it.
    """
    named = list(paths) or ["."]
    settings = read_settings(config) if config else find_settings(named)
    file = output or Path(settings.baseline or FILE_NAME)
    settings = replace(settings, baseline=None)
    if prune:
        before = Baseline.read(file)
        check_paths(named, settings, baseline=before)
        _write(before.without_unmatched())
        fewer, left = before.unmatched.total(), before.without_unmatched().counts.total()
        show(f"{format_count(fewer, 'finding')} less counted in {sanitize(before.display_path)}, {left:,} left.")
        return
    report = check_paths(named, settings)
    baseline = Baseline.from_report(report, file, rules_of(settings))
    _write(baseline)
    counted = sum(baseline.counts.values())
    rest = sum(len(asset.findings) for asset in report.assets) - counted
    assets = format_count(len(report.assets), "asset")
    show(f"{format_count(counted, 'finding')} of {assets} counted in {sanitize(display_path(file))}.")
    if rest:
        show(f"{format_count(rest, 'finding')} of mandatory rules cannot be silenced; 'aind-lint check' tells them.")
    if find_settings(named).baseline is None and config is None:
        show(
            f'To use it: check with --baseline {sanitize(str(file))}, or configure baseline = "{sanitize(str(file))}".'
        )


def _write(baseline: Baseline) -> None:
    try:
        baseline.file.write_text(baseline.to_json(), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {baseline.file}: {os_error_reason(error)}") from None
