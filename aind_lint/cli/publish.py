"""``aind-lint publish``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aind_lint.api import RefusedError, publish
from aind_lint.bucket.address import Connection
from aind_lint.cli import use_colour
from aind_lint.cli.options import connection, connection_options
from aind_lint.cli.progress import Progress
from aind_lint.errors import AindLintError, UsageError
from aind_lint.finding import AssetReport, Report
from aind_lint.publish.plan import Plan
from aind_lint.publish.receipt import Receipt, keep_receipt
from aind_lint.report import text
from aind_lint.report.inert import inert
from aind_lint.report.units import bytes_text, count

#: Of several exit codes the first of these counts.
_PRECEDENCE = (130, 2, 4, 5, 1, 3, 0)


@click.command("publish", short_help="Check assets and, only if every check passes, publish them.")
@click.argument("assets", nargs=-1, required=True, metavar="ASSET...")
@click.option("--to", required=True, metavar="URL|DIR", help="The destination: s3://bucket, or a folder used as one.")
@click.option("--dry-run", is_flag=True, help="Check and plan; write nothing.")
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Write the receipt there as well.")
@click.option("--yes", is_flag=True, help="Do not ask; what is published is public and permanent.")
@connection_options
def command(
    assets: tuple[str, ...],
    to: str,
    dry_run: bool,
    receipt: Path | None,
    yes: bool,
    endpoint_url: str | None,
    aws_profile: str | None,
    region: str | None,
) -> int:
    r"""Check every ASSET with every rule and publish those that pass. Nothing is ever overwritten.

    An interrupted publication is finished by running the same command again.

    \b
    Exit codes: 0 published, or already published with this content,
    1 a check failed, 2 usage or internal error, 3 no asset found,
    4 the bucket could not be read or written,
    5 the bucket holds something else, or verification failed.
    """
    if not yes and not dry_run and not sys.stdin.isatty():
        raise UsageError("publishing is permanent; without a terminal to ask at, say --yes")
    if receipt is not None and len(assets) > 1:
        raise UsageError("--receipt takes one asset; the receipts of several are kept where receipts are kept")
    question = _Question(to, len(assets), yes)
    connected = connection(endpoint_url, aws_profile, region)
    codes = [_publish_one(asset, to, dry_run, receipt, question, connected) for asset in assets]
    return min(codes, key=_PRECEDENCE.index)


def _publish_one(
    asset: str, to: str, dry_run: bool, receipt: Path | None, question: _Question, connected: Connection
) -> int:
    """Publish one asset and say how it went; its exit code."""
    progress = Progress()
    try:
        done = publish(
            asset,
            to,
            dry_run=dry_run,
            connection=connected,
            on_listed=progress.reporter(lambda files: f"listing: {files:,} files"),
            on_hashed=progress.reporter(lambda size: f"reading: {bytes_text(size)}"),
            on_sent=progress.reporter(lambda size: f"sending: {bytes_text(size)}"),
            confirm=lambda report, plan: question.confirm(report, plan, progress),
        )
    except RefusedError as error:
        progress.clear()
        click.echo(text.render(Report([error.report], bucket=to)).rstrip("\n"), color=use_colour())
        click.echo(f"{inert(asset)} was not published: {', '.join(error.report.blockers)}.", color=use_colour())
        return error.exit_code
    except AindLintError as error:
        progress.clear()
        label = click.style("error", fg="red", bold=True)
        click.echo(f"{label}: {inert(asset)}: {inert(str(error))}", err=True, color=use_colour())
        return error.exit_code
    progress.clear()
    _say(done, receipt)
    return 0


class _Question:
    """Asks once, naming the bucket, after the checks of the first asset that passes them."""

    def __init__(self, to: str, assets: int, answered: bool) -> None:
        self._to = to
        self._assets = assets
        self._answered = answered

    def confirm(self, report: AssetReport, plan: Plan, progress: Progress) -> bool:
        progress.clear()
        if block := text.asset_block(report):
            click.echo(f"{block}\n", color=use_colour())
        if not self._answered and not any(finding.rule == "IMM201" for finding in report.findings):
            files = f"{count(len(plan.manifest.entries), 'file')}, {bytes_text(plan.manifest.size)}"
            what = f"{plan.name} ({files})" if self._assets == 1 else f"{count(self._assets, 'asset')}"
            click.echo(
                f"{inert(self._to)} is public and permanent: what is published cannot be changed or removed.", err=True
            )
            self._answered = click.confirm(f"Publish {inert(what)} to {inert(self._to)}?", err=True)
            return self._answered
        return True


def _say(done: Receipt, file: Path | None) -> None:
    content = f"{count(done.files, 'file')}, {bytes_text(done.size)}"
    name, where = click.style(inert(done.asset), bold=True), inert(done.destination)
    if done.state == "planned":
        click.echo(f"{name} can be published to {where} ({content}). Nothing was written.", color=use_colour())
    elif done.state == "already published":
        click.echo(f"{name} is already published in {where} with this content ({content}).", color=use_colour())
    else:
        sent = f"{count(done.files_sent, 'file')} sent now" if done.files_sent != done.files else "all sent now"
        click.echo(f"{name} is published in {where} ({content}; {sent}) and verified.", color=use_colour())
    if file is not None:
        try:
            file.write_text(done.to_json(), encoding="utf-8", newline="\n")
        except OSError as error:
            # What was published stays published, so this must not look like a failure of publishing.
            click.echo(f"warning: the receipt could not be written to {file}: {error.strerror}", err=True)
    if done.state != "planned":
        try:
            click.echo(f"Receipt: {keep_receipt(done)}", err=True)
        except OSError as error:
            click.echo(f"warning: the receipt could not be kept: {error.strerror or error}", err=True)
