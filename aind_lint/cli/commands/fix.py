"""``aind-lint fix``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from aind_lint.app.checking.check import check
from aind_lint.app.fix import AssetFix, FixOptions
from aind_lint.app.fix_targets import FixTarget, find_fix_targets, targets_of_files
from aind_lint.bucket.address import Connection
from aind_lint.cli.options import config_option, connection_options, debug_option, refuse_bad_path
from aind_lint.cli.shell_completion import complete_paths, complete_rules
from aind_lint.cli.terminal import show, show_error, signals_as_interrupt
from aind_lint.errors import AindLintError, DeclinedError, UsageError, os_error_reason
from aind_lint.finding import Finding
from aind_lint.fix.diff import describe_plan, describe_undo
from aind_lint.fix.fix_record import FOLDER, FixState
from aind_lint.fix.plan import FixPlan
from aind_lint.report.summary import summary
from aind_lint.system.terminals import can_ask
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize
from aind_lint.text.shell import shell_argument

#: The exit codes, the first that applies to several assets first.
_PRECEDENCE = (2, 4, 5, 1, 3, 0)
#: Remaining findings that are listed.
_MAX_LISTED = 20
_COLORS = {"-": "red", "+": "green", "@": "cyan"}


@click.command("fix")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", callback=refuse_bad_path, shell_complete=complete_paths
)
@click.option("--dry-run", is_flag=True, help="Show the changes, and make none.")
@click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    shell_complete=complete_rules,
    help="Fix only findings of this rule id, name or family. Repeatable.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--from-files", is_flag=True, help="PATHs are changed files: fix the assets they belong to.")
@click.option("--undo", is_flag=True, help="Undo the last fix of each asset.")
@click.option(
    "--encoding", metavar="NAME", help="Encoding of sidecars that are not UTF-8 and do not show it, such as cp1252."
)
@click.option(
    "--bucket", metavar="URL|DIR", callback=refuse_bad_path, help="Refuse assets that are published in this bucket."
)
@config_option
@debug_option
@connection_options
@signals_as_interrupt()
def command(
    paths: tuple[str, ...],
    dry_run: bool,
    select: tuple[str, ...],
    yes: bool,
    from_files: bool,
    undo: bool,
    encoding: str | None,
    bucket: str | None,
    config: Path | None,
    connection: Connection,
) -> int:
    """Fix what is mechanical in each PATH: encodings, names, junk, commas. Values are never changed.

    A PATH is an asset, a folder of assets, or a single sidecar. The changes are shown before they are made. Nothing is
    deleted: what is replaced or moved out of the asset is kept in .aind-lint-fix beside it, and --undo brings it back.
    Data files are not touched, and neither are published assets.

    \b
    Exit codes:
      0    no errors remain
      1    errors remain; with --dry-run also: there is something to fix
      2    usage error, refused, or declined; nothing was changed unless the message says so
      3    no asset found
      4    the bucket could not be read
      130  interrupted (143 by SIGTERM); run the command again to finish, or with --undo to undo
    """  # noqa: D301 - click needs the escape
    if undo and (dry_run or select or encoding):
        raise UsageError("--undo undoes a whole fix, so it takes neither --dry-run, --select nor --encoding")
    options = FixOptions(select, encoding, bucket, config, connection)
    targets, codes = _targets(paths, from_files)
    for number, target in enumerate(targets):
        if number:
            show("")
        with _reporting(codes):
            one = AssetFix(target, options)
            codes.append(_undo(one, yes, len(targets) == 1) if undo else _fix(one, target, dry_run, yes, config))
    if not targets and not codes:
        show("no asset contains these files", err=True)
    return next((code for code in _PRECEDENCE if code in codes), 0)


def _targets(paths: tuple[str, ...], from_files: bool) -> tuple[list[FixTarget], list[int]]:
    """The assets and sidecars that the paths lead to, each once, and the exit codes of the other paths."""
    targets: dict[FixTarget, None] = {}
    codes: list[int] = []
    if from_files:
        with _reporting(codes):
            targets |= dict.fromkeys(targets_of_files(paths))
    else:
        for path in paths:
            with _reporting(codes):
                targets |= dict.fromkeys(find_fix_targets(path))
    return list(targets), codes


@contextmanager
def _reporting(codes: list[int]) -> Iterator[None]:
    """Report an error of one target, and continue with the next."""
    try:
        yield
    except DeclinedError as error:
        show(str(error), err=True)
        codes.append(error.exit_code)
    except AindLintError as error:
        show_error(str(error))
        codes.append(error.exit_code)


def _fix(one: AssetFix, target: FixTarget, dry_run: bool, yes: bool, config: Path | None) -> int:
    if unfinished := one.unfinished:
        what = "undo" if unfinished.state is FixState.UNDOING else "fix"
        show(sanitize(f"The {what} of {one.name} from {unfinished.plan.created} was interrupted."))
        if dry_run:
            show("Run the command without --dry-run to finish it, or with --undo to undo it.")
            return 1
        _confirm(yes, f"Finish this {what}?", "--yes finishes it, --undo undoes it")
        target = target.renamed(one.resume(unfinished))
        show(f"Finished the {what} of {_bold(one.name)}.")
        one = AssetFix(target, one.options)
    planned = one.plan()
    for note in planned.notes:
        show(f"not fixed: {sanitize(note)}", err=True)
    if planned.is_empty:
        show(f"{_bold(one.name)}: nothing to fix.")
        return _show_remaining(target.where, config)
    show(_bold(one.name))
    _show_changes(describe_plan(planned))
    if dry_run:
        show(f"Nothing was changed. Apply with: aind-lint fix {sanitize(shell_argument(target.where))}")
        return 1
    _confirm(yes, f"Make {_changes(planned.plan)}?", "add --yes to make them")
    target = target.renamed(one.apply(planned), planned.new_key(target.sidecar))
    undo = f"aind-lint fix {shell_argument(target.where)} --undo"
    show(f"Made {_changes(planned.plan)}. The previous state is in {FOLDER}; undo with: {sanitize(undo)}")
    return _show_remaining(target.where, config)


def _undo(one: AssetFix, yes: bool, is_only: bool) -> int:
    record = one.latest
    if record is None:
        if is_only:
            raise UsageError(f"there is no fix of {one.name} to undo")
        show(f"{_bold(one.name)}: no fix to undo.")
        return 0
    show(sanitize(f"The fix of {one.name} from {record.plan.created}. Undoing it makes {_changes(record.plan)}:"))
    try:
        _show_changes(describe_undo(record))
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {os_error_reason(error)}; nothing was changed") from None
    _confirm(yes, "Undo it?", "add --yes to undo it")
    folder = one.undo(record)
    show(f"Undone. {_bold(one.name if one.folder == folder else folder.name)} is as it was before this fix.")
    return 0


def _show_changes(lines: Iterator[str]) -> None:
    for line in lines:
        show(click.style(line, fg=_COLORS[line[0]]) if line[:1] in _COLORS else line)


def _confirm(yes: bool, question: str, hint: str) -> None:
    if yes:
        return
    if not can_ask():
        raise UsageError(f"cannot ask for confirmation without a terminal, so nothing was changed; {hint}")
    if not click.confirm(question, err=True):
        raise DeclinedError("nothing was changed")


def _changes(plan: FixPlan) -> str:
    return format_count(len(plan.operations) + (plan.new_name is not None), "change")


def _show_remaining(path: str, config: Path | None) -> int:
    """Check the asset again, and summarize what remains."""
    report = check([path], config=config)
    remaining = [finding for asset in report.assets for finding in asset.findings]
    for finding in remaining[:_MAX_LISTED]:
        show(f"  {_remaining_line(finding)}")
    if len(remaining) > _MAX_LISTED:
        show(f"  and {len(remaining) - _MAX_LISTED:,} more")
    show(summary(report))
    if remaining:
        show(f"Details: aind-lint check {sanitize(shell_argument(path))}")
    return report.exit_code("error")


def _remaining_line(finding: Finding) -> str:
    location = finding.location
    position = f":{location.line}" if location.line is not None else ""
    where = f"{sanitize(location.file)}{position}: " if location.file is not None else ""
    return f"{where}{finding.severity.value}[{finding.rule}] {sanitize(finding.message)}"


def _bold(text: str) -> str:
    return click.style(sanitize(text), bold=True)
