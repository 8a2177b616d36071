"""``aind-lint publish``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aind_lint.api import RefusedError, publish
from aind_lint.bucket.address import Connection
from aind_lint.cli import show, show_error
from aind_lint.cli.complete import complete_paths
from aind_lint.cli.options import config_option, connection_options, refuse_empty
from aind_lint.cli.progress import Progress
from aind_lint.errors import AindLintError, UsageError
from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Report, Severity
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
@click.option(
    "--to",
    required=True,
    metavar="URL|DIR",
    callback=refuse_empty,
    help="The destination: s3://bucket, or a folder used as one.",
)
@click.option("--dry-run", is_flag=True, help="Check and plan; write nothing.")
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Write the receipt there as well.")
@click.option("--yes", is_flag=True, help="Do not ask; what is published is public and permanent.")
@config_option
@connection_options
def command(
    assets: tuple[str, ...],
    to: str,
    dry_run: bool,
    receipt: Path | None,
    yes: bool,
    config: Path | None,
    connection: Connection,
) -> int:
    """Check every ASSET with every rule and publish those that pass. Nothing is ever overwritten.

    An interrupted publication is finished by running the same command again.

    \b
    Exit codes: 0 published, or already published with this content,
    1 a check failed, 2 usage or internal error, 3 no asset found,
    4 the bucket could not be read or written,
    5 the bucket holds something else, or verification failed,
    130 interrupted.
    """  # noqa: D301 - click wants the character
    if not yes and not dry_run and not sys.stdin.isatty():
        raise UsageError("publishing is permanent; without a terminal to ask at, say --yes")
    if receipt is not None and len(assets) > 1:
        raise UsageError("--receipt takes one asset; the receipts of several are kept where receipts are kept")
    question = _Question(to, len(assets), yes)
    codes: list[int] = []
    for asset in assets:
        if codes:
            show("")
        codes.append(_publish_one(asset, to, dry_run, receipt, question, config, connection))
    return min(codes, key=_PRECEDENCE.index)


def _publish_one(
    asset: str,
    to: str,
    dry_run: bool,
    receipt: Path | None,
    question: _Question,
    config: Path | None,
    connection: Connection,
) -> int:
    """Publish one asset and say how it went; its exit code."""
    try:
        with Progress() as progress:
            done = publish(
                asset,
                to,
                dry_run=dry_run,
                config=config,
                connection=connection,
                on_listed=progress.reporter(lambda files: f"listing: {files:,} files"),
                on_hashed=progress.reporter(lambda size: f"reading: {bytes_text(size)}"),
                on_sent=progress.reporter(lambda size: f"sending: {bytes_text(size)}"),
                confirm=lambda report, plan: question.confirm(report, plan, progress),
            )
    except RefusedError as error:
        show(text.render(Report([error.report], bucket=to)), nl=False)
        show(f"{inert(asset)} was not published: {_obstacles(error.report)}.")
        if error.report.bucket_error:
            show_error(error.report.bucket_error)
        return error.exit_code
    except AindLintError as error:
        message = str(error)
        show_error(message if asset in message else f"{asset}: {message}")
        return error.exit_code
    _say(done, receipt)
    return 0


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

    def __init__(self, to: str, assets: int, answered: bool) -> None:
        self._to = inert(to)
        self._assets = assets
        self._answer = True if answered else None

    def confirm(self, report: AssetReport, plan: Plan, progress: Progress) -> bool:
        progress.clear()
        if block := text.asset_block(report):
            show(f"{block}\n")
        if any(finding.rule == ALREADY_PUBLISHED for finding in report.findings):
            return True
        if self._answer is None:
            files = f"{count(len(plan.manifest.entries), 'file')}, {bytes_text(plan.manifest.size)}"
            what = f"{plan.name} ({files})" if self._assets == 1 else count(self._assets, "asset")
            show(f"{self._to} is public and permanent: what is published cannot be changed or removed.", err=True)
            self._answer = click.confirm(f"Publish {inert(what)} to {self._to}?", err=True)
        return self._answer


def _say(done: Receipt, file: Path | None) -> None:
    content = f"{count(done.files, 'file')}, {bytes_text(done.size)}"
    name, where = click.style(inert(done.asset), bold=True), inert(done.destination)
    if done.state == "planned":
        show(f"{name} can be published to {where} ({content}). Nothing was written.")
    elif done.state == "already published":
        show(f"{name} is already published in {where} with this content ({content}).")
    else:
        sent = f"{count(done.files_sent, 'file')} sent now" if done.files_sent != done.files else "all sent now"
        show(f"{name} is published in {where} ({content}; {sent}) and verified.")
    if file is not None:
        try:
            file.write_text(done.to_json(), encoding="utf-8", newline="\n")
        except OSError as error:
            # What was published stays published, so this must not look like a failure of publishing.
            show(f"warning: the receipt could not be written to {file}: {error.strerror}", err=True)
    if done.state != "planned":
        try:
            show(f"Receipt: {keep_receipt(done)}", err=True)
        except OSError as error:
            show(f"warning: the receipt could not be kept: {error.strerror or error}", err=True)
