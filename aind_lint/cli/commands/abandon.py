"""``aind-lint abandon``."""

from __future__ import annotations

import click

from aind_lint.app.abandon import abandon_asset
from aind_lint.bucket.address import Connection
from aind_lint.cli.options import bucket_option, connection_options, debug_option, refuse_bad_path
from aind_lint.cli.terminal import show, signals_as_interrupt
from aind_lint.errors import UsageError
from aind_lint.publication.abandonment import AbandonResult, Unfinished
from aind_lint.system.terminals import can_ask
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize


@click.command("abandon")
@click.argument("name", callback=refuse_bad_path)
@bucket_option
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    metavar="MINUTES",
    help="Minimum wait before objects are removed; on S3 at least 30.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@debug_option
@connection_options
@signals_as_interrupt()
def command(name: str, where: str, wait: float | None, yes: bool, connection: Connection) -> int:
    """Give up the unfinished publication of the asset NAME and remove the objects that it stored.

    This is the only command that deletes objects, and it never deletes a published asset. Use it only if the
    publication can never be finished; otherwise publish the same content again. On S3 the command waits half an hour,
    so that no late request of the uploader can store an object afterwards.

    \b
    Exit codes:
      0    the publication is abandoned
      2    usage error
      3    no unfinished publication found
      4    the bucket could not be read or written
      5    the asset is published, about to be, or still being written
      130  interrupted (143 by SIGTERM); run the command again to continue
    """  # noqa: D301 - click needs the escape
    name = name.rstrip("/\\")
    store, result = abandon_asset(
        name,
        where,
        confirm=lambda store, unfinished: yes or _ask(name, store.url, unfinished),
        wait=(wait or 0) * 60,
        connection=connection,
        on_message=lambda text: show(sanitize(text), err=True),
    )
    if result is None:
        show(
            f"The last publication of {sanitize(name)} in {sanitize(store.url)} has already ended; nothing was removed."
        )
    else:
        show(_text(result, store.url))
    return 0


def _ask(name: str, url: str, unfinished: Unfinished) -> bool:
    if not can_ask():
        raise UsageError("cannot ask for confirmation without a terminal; if the uploader is dead, add --yes")
    started_at = f"{unfinished.claim.time} by {unfinished.claim.tool} (run {unfinished.claim.run_id})"
    show(f"The publication of {sanitize(name)} in {sanitize(url)} started at {sanitize(started_at)}.", err=True)
    show("Its objects will be removed. Publishing the same content again would finish it instead.", err=True)
    return click.confirm("Is the uploader dead, and do you want to remove its objects?", err=True)


def _text(done: AbandonResult, url: str) -> str:
    lines = [
        f"The publication of {click.style(sanitize(done.asset), bold=True)} in {sanitize(url)} is abandoned: "
        f"{format_count(done.removed, 'object')} removed ({format_bytes(done.size)}), "
        f"{format_count(done.uploads, 'multipart upload')} aborted. The asset can be published again."
    ]
    if done.kept:
        shown = ", ".join(sanitize(key) for key in done.kept[:5])
        lines.append(f"Not removed: {format_count(len(done.kept), 'object')} stored by another program: {shown}")
    return "\n".join(lines)
