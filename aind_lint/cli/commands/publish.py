"""``aind-lint publish``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aind_lint.app.publishing import RefusedError, publish
from aind_lint.bucket.address import absolute_address
from aind_lint.cli.options import config_option, connection_options, destination_option, rate_option, refuse_empty
from aind_lint.cli.publish_progress import Kind, Meter, Outcome, make_meter
from aind_lint.cli.shell_completion import complete_paths
from aind_lint.cli.terminal import obey_termination, show
from aind_lint.errors import AindLintError, DeclinedError, UnfinishedError, UsageError, os_error_reason
from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Report, Severity
from aind_lint.publication.cost_estimate import cost_text
from aind_lint.publication.plan import Plan
from aind_lint.publication.receipt import Receipt, keep_receipt
from aind_lint.report.formats import text
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize

#: Of several exit codes the first of these counts.
_PRECEDENCE = (130, 2, 4, 5, 1, 3, 0)


@click.command("publish", short_help="Check assets and, only if every check passes, publish them.")
@click.argument(
    "assets", nargs=-1, required=True, metavar="ASSET...", callback=refuse_empty, shell_complete=complete_paths
)
@destination_option
@click.option("--dry-run", is_flag=True, help="Check and plan, say what it would cost; write nothing.")
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Write the receipt there as well.")
@click.option(
    "--sha256",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the SHA-256 of every file there, as sha256sum does.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="The most requests at once; by default as many as the distance of the bucket calls for.",
)
@rate_option
@click.option(
    "--progress",
    "kind",
    type=click.Choice(["bar", "jsonl", "none"]),
    default="bar",
    show_default=True,
    help="How to show progress: a line on a terminal, JSON lines on standard error, or not.",
)
@click.option(
    "--supersede",
    is_flag=True,
    help="Take the place of an unfinished publication with other content, if all it has stored is in this asset too.",
)
@click.option("--fail-fast", is_flag=True, help="Of several assets, stop at the first that is not published.")
@click.option("--yes", is_flag=True, help="Do not ask; what is published is public and permanent.")
@config_option
@connection_options
def command(
    assets: tuple[str, ...],
    to: str,
    receipt: Path | None,
    kind: Kind,
    fail_fast: bool,
    yes: bool,
    **options: Any,
) -> int:
    """Check every ASSET with every rule and publish those that pass. Nothing is ever overwritten.

    An interrupted publication is finished by running the same command again. Of several assets each is published by
    itself: one that fails does not stop the others.

    \b
    Exit codes: 0 published, or already published with this content,
    1 a check failed, 2 usage or internal error, 3 no asset found,
    4 the bucket could not be read or written,
    5 the bucket holds something else, or verification failed,
    130 interrupted, 143 by SIGTERM (run it again to go on).
    """  # noqa: D301 - click wants the character
    if not yes and not options["dry_run"] and not sys.stdin.isatty():
        raise UsageError("publishing is permanent; without a terminal to ask at, say --yes")
    if receipt is not None and len(assets) > 1:
        raise UsageError("--receipt takes one asset; the receipts of several are kept where receipts are kept")
    if options["sha256"] is not None and len(assets) > 1:
        raise UsageError("--sha256 takes one asset")
    if receipt is not None:
        _refuse_unwritable(receipt, Path(assets[0]))
    obey_termination()
    question = _Question(absolute_address(to), len(assets), yes, options["supersede"])
    outcomes: list[Outcome] = []
    for asset in assets:
        if outcomes:
            show("")
        with make_meter(kind, asset) as meter:
            outcome = _publish_one(asset, to, receipt, meter, question, options)
            meter.conclude(outcome)
        outcomes.append(outcome)
        if outcome.exit_code and fail_fast:
            break
    if len(assets) > 1:
        _summarize(assets, outcomes)
    return min((outcome.exit_code for outcome in outcomes), key=_PRECEDENCE.index)


def _refuse_unwritable(receipt: Path, asset: Path) -> None:
    """Raise UsageError where no receipt can be written: afterwards it is too late, as publishing is permanent."""
    if asset.resolve() in receipt.resolve().parents:
        raise UsageError(f"{receipt} lies inside the asset, of which it would become a part; name another place")
    there = receipt.exists()
    try:
        receipt.open("ab").close()
        if not there:
            receipt.unlink()
    except OSError as error:
        reason = os_error_reason(error)
        raise UsageError(f"the receipt cannot be written to {receipt}: {reason}; nothing was published") from None


def _summarize(assets: tuple[str, ...], outcomes: list[Outcome]) -> None:
    """Which asset is which, after all that was said of each."""
    good = sum(outcome.exit_code == 0 for outcome in outcomes)
    show(f"\n{good} of {format_count(len(assets), 'asset')} without failure:")
    for asset, outcome in zip(assets, outcomes):  # noqa: B905 - after --fail-fast there are fewer outcomes
        mark = click.style("FAIL", fg="red") if outcome.exit_code else click.style("ok  ", fg="green")
        said = outcome.state if outcome.reason is None else f"not published ({outcome.reason})"
        show(f"  {mark} {sanitize(asset)}: {sanitize(said)}")
    for asset in assets[len(outcomes) :]:
        show(f"  {click.style('--  ', dim=True)} {sanitize(asset)}: not tried")


def _publish_one(
    asset: str, to: str, receipt: Path | None, meter: Meter, question: _Question, options: dict[str, Any]
) -> Outcome:
    """Publish one asset and say on standard output how it went."""
    try:
        done = publish(
            asset,
            to,
            **options,
            on_progress=meter.report,
            tell=meter.tell,
            on_checked=lambda report: _show_findings(report, meter),
            confirm=lambda report, plan: question.confirm(report, plan, meter),
        )
    except RefusedError as error:
        meter.clear()
        reason = _obstacles(error.report)
        show(text.render(Report([error.report], bucket=to)), nl=False)
        show(f"{sanitize(asset)} was not published: {reason}.")
        return Outcome("refused", error.exit_code, reason, error.report.bucket_error)
    except DeclinedError as error:
        meter.tell(f"{asset}: {error}, as you said no.")
        return Outcome("declined", error.exit_code, "you said no")
    except AindLintError as error:
        message = str(error)
        reason = message.partition("; ")[0].removeprefix(asset).lstrip(": ")
        if isinstance(error, UnfinishedError):
            message += ". What was stored stays; run the same command again, and it goes on where it stopped"
        named = question.assets == 1 or asset in message
        return Outcome("failed", error.exit_code, reason, message if named else f"{asset}: {message}")
    meter.clear()
    _say(done)
    return Outcome(done.state, receipt=_keep(done, receipt, meter))


def _show_findings(report: AssetReport, meter: Meter) -> None:
    """Show what the checks have found that does not stand in the way."""
    meter.clear()
    if block := text.asset_block(report):
        show(f"{block}\n")


def _obstacles(report: AssetReport) -> str:
    """Why an asset is not published, in the order in which a person can do something about it."""
    if report.bucket_error:
        return "the bucket could not be asked"
    errors = sorted({finding.rule for finding in report.findings if finding.severity is Severity.ERROR})
    other = [rule for rule in report.blockers if rule not in errors]
    said = [*([", ".join(errors)] if errors else []), *([f"not checked: {', '.join(other)}"] if other else [])]
    return "; ".join(said)


class _Question:
    """Asks once, naming the bucket, after the checks of the first asset that passes them."""

    def __init__(self, to: str, assets: int, answered: bool, supersede: bool) -> None:
        self.assets = assets
        self._to = sanitize(to)
        self._supersede = supersede
        self._answer = True if answered else None

    def confirm(self, report: AssetReport, plan: Plan, meter: Meter) -> bool:
        meter.clear()
        if any(finding.rule == ALREADY_PUBLISHED for finding in report.findings):
            return True
        if self._answer is None:
            files = f"{format_count(len(plan.manifest), 'file')}, {format_bytes(plan.manifest.size)}"
            what = f"{plan.name} ({files})" if self.assets == 1 else format_count(self.assets, "asset")
            show(f"{self._to} is public and permanent: what is published cannot be changed or removed.", err=True)
            if self._supersede:
                show("An unfinished publication with other content that stands in the way will be ended.", err=True)
            self._answer = click.confirm(f"Publish {sanitize(what)} to {self._to}?", err=True)
        return self._answer


def _say(done: Receipt) -> None:
    content = f"{format_count(done.files, 'file')}, {format_bytes(done.size)}"
    name, where = click.style(sanitize(done.asset), bold=True), sanitize(done.destination)
    if done.state == "planned":
        show(f"{name} can be published to {where} ({content}). Nothing was written.")
        show(f"It would cost {cost_text(done)}.")
    elif done.state == "already published":
        how = "keys, sizes and the published manifest" if done.attempt else "keys, sizes and checksums"
        show(f"{name} is already published in {where} with this content ({content}; compared by {how}).")
        if done.attempt:
            again = f"aind-lint verify {sanitize(done.asset)} --in {where} --deep"
            show(f"To compare the checksum of every object as well: {again}")
    else:
        sent = f"{format_count(done.files_sent, 'file')} sent now" if done.files_sent != done.files else "all sent now"
        show(f"{name} is published in {where} ({content}; {sent}) and verified.")


def _keep(done: Receipt, file: Path | None, meter: Meter) -> Path | None:
    """Write the receipt where it was asked for and where receipts are kept; the first place that has it.

    What was published stays published, so what fails here must not look like a failure of publishing.
    """
    places: list[Path] = []
    if file is not None:
        try:
            file.write_text(done.to_json(), encoding="utf-8", newline="\n")
            places.append(file)
        except OSError as error:
            reason = os_error_reason(error)
            meter.tell(f"warning: the receipt could not be written to {file} ({reason})")
    if done.state != "planned":
        try:
            places.append(keep_receipt(done))
        except OSError as error:
            reason = os_error_reason(error)
            meter.tell(f"warning: the receipt could not be kept ({reason}); publishing again gives another one")
    return places[0] if places else None
