"""``aind-lint publish``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from aind_lint.api import RefusedError, publish
from aind_lint.cli import show, show_error
from aind_lint.cli.complete import complete_paths
from aind_lint.cli.meter import Kind, Meter, make_meter
from aind_lint.cli.options import config_option, connection_options, destination_option, rate_option, refuse_empty
from aind_lint.errors import AindLintError, UnfinishedError, UsageError
from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Report, Severity
from aind_lint.publication.cost import cost_text
from aind_lint.publication.plan import Plan
from aind_lint.publication.receipt import Receipt, keep_receipt
from aind_lint.report import text
from aind_lint.report.inert import inert
from aind_lint.report.units import bytes_text, count

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
    130 interrupted.
    """  # noqa: D301 - click wants the character
    if not yes and not options["dry_run"] and not sys.stdin.isatty():
        raise UsageError("publishing is permanent; without a terminal to ask at, say --yes")
    if receipt is not None and len(assets) > 1:
        raise UsageError("--receipt takes one asset; the receipts of several are kept where receipts are kept")
    if options["sha256"] is not None and len(assets) > 1:
        raise UsageError("--sha256 takes one asset")
    question = _Question(to, len(assets), yes, options["supersede"])
    outcomes: list[tuple[str, int, str]] = []
    for asset in assets:
        if outcomes:
            show("")
        code, said = _publish_one(asset, to, receipt, kind, question, options)
        outcomes.append((asset, code, said))
        if code and fail_fast:
            break
    if len(assets) > 1:
        _summarize(outcomes, assets[len(outcomes) :])
    return min((code for _, code, _ in outcomes), key=_PRECEDENCE.index)


def _summarize(outcomes: list[tuple[str, int, str]], untried: tuple[str, ...]) -> None:
    """Which asset is which, after all that was said of each."""
    good = sum(code == 0 for _, code, _ in outcomes)
    show(f"\n{good} of {count(len(outcomes) + len(untried), 'asset')} without failure:")
    for asset, code, said in outcomes:
        mark = click.style("FAIL", fg="red") if code else click.style("ok  ", fg="green")
        show(f"  {mark} {inert(asset)}: {said}")
    for asset in untried:
        show(f"  {click.style('--  ', dim=True)} {inert(asset)}: not tried")


def _publish_one(
    asset: str, to: str, receipt: Path | None, kind: Kind, question: _Question, options: dict[str, Any]
) -> tuple[int, str]:
    """Publish one asset and say how it went; its exit code, and the outcome in a word."""
    try:
        with make_meter(kind, asset) as meter:
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
        show(text.render(Report([error.report], bucket=to)), nl=False)
        show(f"{inert(asset)} was not published: {_obstacles(error.report)}.")
        if error.report.bucket_error:
            show_error(error.report.bucket_error)
        return error.exit_code, f"not published ({_obstacles(error.report)})"
    except AindLintError as error:
        message = str(error)
        show_error(message if asset in message else f"{asset}: {message}")
        if isinstance(error, UnfinishedError):
            show("What was stored stays; run the same command again, and it goes on where it stopped.", err=True)
        return error.exit_code, f"not published (exit code {error.exit_code})"
    _say(done, receipt)
    return 0, done.state


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
        self._to = inert(to)
        self._assets = assets
        self._supersede = supersede
        self._answer = True if answered else None

    def confirm(self, report: AssetReport, plan: Plan, meter: Meter) -> bool:
        meter.clear()
        if any(finding.rule == ALREADY_PUBLISHED for finding in report.findings):
            return True
        if self._answer is None:
            files = f"{count(len(plan.manifest), 'file')}, {bytes_text(plan.manifest.size)}"
            what = f"{plan.name} ({files})" if self._assets == 1 else count(self._assets, "asset")
            show(f"{self._to} is public and permanent: what is published cannot be changed or removed.", err=True)
            if self._supersede:
                show("An unfinished publication with other content that stands in the way will be ended.", err=True)
            self._answer = click.confirm(f"Publish {inert(what)} to {self._to}?", err=True)
        return self._answer


def _say(done: Receipt, file: Path | None) -> None:
    content = f"{count(done.files, 'file')}, {bytes_text(done.size)}"
    name, where = click.style(inert(done.asset), bold=True), inert(done.destination)
    if done.state == "planned":
        show(f"{name} can be published to {where} ({content}). Nothing was written.")
        show(f"It would cost {cost_text(done)}.")
    elif done.state == "already published":
        how = "keys, sizes and the published manifest" if done.attempt else "keys, sizes and checksums"
        show(f"{name} is already published in {where} with this content ({content}; compared by {how}).")
        if done.attempt:
            again = f"aind-lint verify {inert(done.asset)} --in {where} --deep"
            show(f"To compare the checksum of every object as well: {again}")
    else:
        sent = f"{count(done.files_sent, 'file')} sent now" if done.files_sent != done.files else "all sent now"
        show(f"{name} is published in {where} ({content}; {sent}) and verified.")
    if file is not None:
        try:
            file.write_text(done.to_json(), encoding="utf-8", newline="\n")
        except OSError as error:
            # What was published stays published, so this must not look like a failure of publishing.
            reason = (error.strerror or str(error)).lower()
            show(f"warning: the receipt could not be written to {file} ({reason})", err=True)
    if done.state != "planned":
        try:
            show(f"Receipt: {keep_receipt(done)}", err=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            show(f"warning: the receipt could not be kept ({reason}); publishing again gives another one", err=True)
