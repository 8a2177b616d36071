"""``aind-lint publish``: the options, the confirmation and the output of a publication."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from aind_lint.app.publishing.publish import Destination, RefusedError, publish
from aind_lint.app.run_log import run_log
from aind_lint.cli.options import (
    SectionedCommand,
    config_option,
    connection_options,
    destination_option,
    rate_option,
    refuse_bad_path,
    state_option,
    verbose_option,
)
from aind_lint.cli.publish_progress import ProgressDisplay, ProgressFormat, PublishOutcome, progress_display
from aind_lint.cli.shell_completion import complete_paths
from aind_lint.cli.terminal import show, signals_as_interrupt, text_width
from aind_lint.errors import AindLintError, DeclinedError, UnfinishedError, UsageError, os_error_reason
from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Report, Severity
from aind_lint.publication.cost_estimate import cost_text
from aind_lint.publication.receipt import Receipt, save_receipt
from aind_lint.report.formats import text
from aind_lint.system.output_file import require_writable, write_text_file
from aind_lint.system.terminals import can_ask
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize
from aind_lint.text.separators import native_path
from aind_lint.text.shell import shell_argument

#: The exit code for several assets is the first of these that occurs.
_EXIT_CODE_PRECEDENCE = (130, 2, 4, 5, 1, 3, 0)

#: What the question says about a destination, by whether it is public.
_PERMANENCE = {True: "public and permanent", False: "permanent", None: "permanent, and may be public"}


#: The sections of ``publish --help``.
_SECTIONS = {
    "Publication": ("to", "dry_run", "yes", "supersede", "fail_fast", "config"),
    "Transfer": ("jobs", "max_rate", "progress"),
    "Output": ("receipt", "sha256", "state", "verbose", "color"),
}


@click.command("publish", cls=SectionedCommand, sections=_SECTIONS)
@click.argument(
    "assets", nargs=-1, required=True, metavar="ASSET...", callback=refuse_bad_path, shell_complete=complete_paths
)
@destination_option
@click.option("--dry-run", is_flag=True, help="Check, plan and show the cost; write nothing.")
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Also write the receipt to FILE.")
@click.option(
    "--sha256",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the SHA-256 of every file to FILE, in the format of sha256sum.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Maximum number of concurrent requests; by default it depends on the latency.",
)
@rate_option
@click.option(
    "--progress",
    type=click.Choice(["bar", "jsonl", "none"]),
    default="bar",
    show_default=True,
    help="Progress on standard error: a line on a terminal, JSON lines, or none.",
)
@click.option(
    "--supersede",
    is_flag=True,
    help="Replace an unfinished publication, if this asset contains everything that it stored.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first asset that is not published.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation. A published asset is permanent.")
@config_option
@state_option
@verbose_option("Name every rule that was not checked, and show debug messages.")
@connection_options
@signals_as_interrupt()
def command(
    assets: tuple[str, ...],
    to: str,
    receipt: Path | None,
    progress: ProgressFormat,
    fail_fast: bool,
    yes: bool,
    verbose: bool,
    **options: Any,
) -> int:
    """Check every ASSET with all rules, and publish those that pass. Nothing is ever overwritten.

    To finish an interrupted publication, run the same command again. Assets are independent: one that fails does not
    stop the others.

    \b
    Exit codes:
      0    published, or already published with the same content
      1    a check failed
      2    usage or internal error
      3    no asset found
      4    the bucket could not be read or written
      5    the bucket has other content under this name, or verification failed
      130  interrupted (143 by SIGTERM); run the command again to continue
    """  # noqa: D301 - click needs the escape
    if not yes and not options["dry_run"] and not can_ask():
        raise UsageError("publishing is permanent; without a terminal to confirm it, add --yes")
    if receipt is not None and len(assets) > 1:
        raise UsageError("--receipt works with one asset only; receipts of several are saved in the state folder")
    if options["sha256"] is not None and len(assets) > 1:
        raise UsageError("--sha256 works with one asset only")
    if receipt is not None:
        _refuse_unwritable(receipt, Path(assets[0]))
    assets = tuple(map(native_path, assets))
    confirmation = _Confirmation(len(assets), yes, options["supersede"])
    outcomes: list[PublishOutcome] = []
    for number, asset in enumerate(assets, 1):
        if outcomes:
            show("")
        with progress_display(progress, asset, number, len(assets)) as display:
            with nullcontext() if options["dry_run"] else run_log(Path(asset), display.show_message):
                outcome = _publish_one(asset, to, receipt, display, confirmation, verbose, options)
            display.finish(outcome)
        outcomes.append(outcome)
        if outcome.exit_code and fail_fast:
            break
    if len(assets) > 1:
        _summarize(assets, outcomes)
    return min((outcome.exit_code for outcome in outcomes), key=_EXIT_CODE_PRECEDENCE.index)


def _refuse_unwritable(receipt: Path, asset: Path) -> None:
    """Raise UsageError if the receipt cannot be written: after the publication it would be too late."""
    if asset.resolve() in receipt.resolve().parents:
        raise UsageError(f"{receipt} is inside the asset and would become a part of it; choose another folder")
    try:
        require_writable(receipt)
    except OSError as error:
        reason = os_error_reason(error)
        raise UsageError(f"the receipt cannot be written to {receipt}: {reason}; nothing was published") from None


def _summarize(assets: tuple[str, ...], outcomes: list[PublishOutcome]) -> None:
    """One line for every asset, after the output of all of them."""
    succeeded = sum(outcome.exit_code == 0 for outcome in outcomes)
    show(f"\n{succeeded} of {format_count(len(assets), 'asset')} succeeded:")
    for asset, outcome in zip(assets, outcomes):  # noqa: B905 - after --fail-fast there are fewer outcomes
        mark = click.style("FAIL", fg="red") if outcome.exit_code else click.style("ok  ", fg="green")
        result = outcome.state if outcome.reason is None else f"not published ({outcome.reason})"
        show(f"  {mark} {sanitize(asset)}: {sanitize(result)}")
    for asset in assets[len(outcomes) :]:
        show(f"  {click.style('--  ', dim=True)} {sanitize(asset)}: not attempted")


def _publish_one(
    asset: str,
    to: str,
    receipt: Path | None,
    display: ProgressDisplay,
    confirmation: _Confirmation,
    verbose: bool,
    options: dict[str, Any],
) -> PublishOutcome:
    """Publish one asset and print the result on standard output."""
    try:
        done = publish(
            asset,
            to,
            **options,
            on_progress=display.update,
            on_message=display.show_message,
            on_checked=lambda report: _show_findings(report, display, verbose),
            confirm=lambda report, destination: confirmation.confirm(report, destination, display),
        )
    except RefusedError as error:
        display.clear()
        reason = _blocking_reasons(error.report)
        show(text.render(Report([error.report], bucket=to), verbose, text_width()), nl=False)
        show(f"{sanitize(asset)} was not published: {reason}.")
        return PublishOutcome("refused", error.exit_code, reason, error.report.bucket_error)
    except DeclinedError as error:
        display.show_message(f"{asset}: {error}: you answered no.")
        return PublishOutcome("declined", error.exit_code, "you answered no")
    except AindLintError as error:
        message = str(error)
        reason = message.partition("; ")[0].removeprefix(asset).lstrip(": ")
        if isinstance(error, UnfinishedError):
            message += ". The stored objects are kept; run the same command again to continue"
        named = confirmation.assets == 1 or asset in message
        return PublishOutcome("failed", error.exit_code, reason, message if named else f"{asset}: {message}")
    display.clear()
    saved = _save_receipt(done, receipt, display)
    try:
        _show_receipt(done)
    except OSError as error:
        raise UsageError(
            f"{asset} is {done.state} in {to}, but the result cannot be printed: {os_error_reason(error)}"
        ) from None
    return PublishOutcome(done.state, receipt=saved)


def _show_findings(report: AssetReport, display: ProgressDisplay, verbose: bool) -> None:
    """Show the findings that do not prevent the publication."""
    display.clear()
    if block := text.asset_block(report, verbose, text_width()):
        show(f"{block}\n")


def _blocking_reasons(report: AssetReport) -> str:
    """Why an asset is not published: failed rules first, then mandatory rules that were not checked."""
    if report.bucket_error:
        return "the bucket could not be read"
    errors = sorted({finding.rule for finding in report.findings if finding.severity is Severity.ERROR})
    other = [rule for rule in report.blockers if rule not in errors]
    reasons = [", ".join(errors)] if errors else []
    if other and not errors:  # nothing else says what to do
        whys = {item.rule: f" ({sanitize(item.reason)})" for item in reversed(report.not_checked)}
        other = [f"{rule}{whys.get(rule, '')}" for rule in other]
    reasons += [f"not checked: {', '.join(other)}"] if other else []
    return "; ".join(reasons)


class _Confirmation:
    """Asks once for confirmation, when the first asset has passed the checks."""

    def __init__(self, assets: int, answered: bool, supersede: bool) -> None:
        self.assets = assets
        self._supersede = supersede
        self._answer = True if answered else None

    def confirm(self, report: AssetReport, destination: Destination, display: ProgressDisplay) -> bool:
        display.clear()
        if any(finding.rule == ALREADY_PUBLISHED for finding in report.findings):
            return True
        if self._answer is None:
            to = sanitize(native_path(destination.address))
            files = f"{format_count(report.files, 'file')}, {format_bytes(report.size)}"
            what = f"{report.name} ({files})" if self.assets == 1 else format_count(self.assets, "asset")
            show(
                f"{to} is {_PERMANENCE[destination.is_public()]}: a published asset cannot be changed or removed.",
                err=True,
            )
            if self._supersede:
                show("An unfinished publication with other content will be ended.", err=True)
            self._answer = click.confirm(f"Publish {sanitize(what)} to {to}?", err=True)
        return self._answer


def _show_receipt(receipt: Receipt) -> None:
    content = f"{format_count(receipt.files, 'file')}, {format_bytes(receipt.size)}"
    name, where = click.style(sanitize(receipt.asset), bold=True), sanitize(native_path(receipt.destination))
    if receipt.state == "planned":
        show(f"{name} can be published to {where} ({content}). Nothing was written.")
        show(f"Estimated cost: {cost_text(receipt)}.")
    elif receipt.state == "already published":
        compared = "keys, sizes and the published manifest" if receipt.attempt else "keys, sizes and checksums"
        show(f"{name} is already published in {where} with the same content ({content}; compared: {compared}).")
        if receipt.attempt:
            argument = sanitize(shell_argument(native_path(receipt.destination)))
            verify = f"aind-lint verify {sanitize(receipt.asset)} --in {argument} --deep"
            show(f"To compare the checksum of every object, too: {verify}")
    else:
        sent = "" if receipt.files_sent == receipt.files else f"; {format_count(receipt.files_sent, 'file')} sent now"
        show(f"{name} is published in {where} and verified ({content}{sent}).")


def _save_receipt(receipt: Receipt, file: Path | None, display: ProgressDisplay) -> Path | None:
    """Write the receipt to ``file`` and to the state folder; the path of the first that succeeds.

    A failure is only a warning: the asset is published.
    """
    saved: list[Path] = []
    if file is not None:
        try:
            write_text_file(file, receipt.to_json())
            saved.append(file)
        except OSError as error:
            reason = os_error_reason(error)
            display.show_message(f"warning: the receipt could not be written to {file} ({reason})")
    if receipt.state != "planned":
        try:
            saved.append(save_receipt(receipt))
        except OSError as error:
            reason = os_error_reason(error)
            display.show_message(
                f"warning: the receipt could not be saved ({reason}); publish again to get another one"
            )
    return saved[0] if saved else None
