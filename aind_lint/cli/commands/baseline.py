"""``aind-lint baseline``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from aind_lint.app.checking.check import check_paths, rules_of
from aind_lint.cli.options import config_option, refuse_bad_path
from aind_lint.cli.terminal import show
from aind_lint.config.config_file import display_path, find_settings, read_settings
from aind_lint.engine.baseline import FILE_NAME, Baseline
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.system.output_file import write_text_file
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize


@click.command("baseline")
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=refuse_bad_path)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Baseline file to write.  [default: from the configuration, or {FILE_NAME}]",
)
@click.option("--prune", is_flag=True, help="Only remove findings that no longer occur.")
@config_option
def command(paths: tuple[str, ...], output: Path | None, prune: bool, config: Path | None) -> None:
    """Check PATHS (default: the current folder) and write the number of findings of each rule in each file.

    A check with --baseline FILE, or with baseline = "FILE" in the configuration, ignores that many findings. Findings
    of rules that are mandatory for publishing are not recorded, since nothing can silence them. Publishing does not
    read a baseline.

    With --prune, findings that no longer occur in PATHS are removed from the baseline, and no new ones are added.
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
        show(f"{sanitize(before.display_path)}: {format_count(fewer, 'finding')} removed, {left:,} left.")
        return
    report = check_paths(named, settings)
    baseline = Baseline.from_report(report, file, rules_of(settings))
    _write(baseline)
    counted = sum(baseline.counts.values())
    rest = sum(1 for asset in report.assets for _ in asset.all_findings) - counted
    assets = format_count(len(report.assets), "asset")
    show(f"{format_count(counted, 'finding')} of {assets} recorded in {sanitize(display_path(file))}.")
    if rest:
        show(f"{format_count(rest, 'finding')} of mandatory rules cannot be silenced; 'aind-lint check' shows them.")
    if find_settings(named).baseline is None and config is None:
        path = sanitize(str(file))
        show(f'To use it, check with --baseline {path}, or set baseline = "{path}" in the configuration.')


def _write(baseline: Baseline) -> None:
    try:
        write_text_file(baseline.file, baseline.to_json())
    except OSError as error:
        raise UsageError(f"cannot write {baseline.file}: {os_error_reason(error)}") from None
