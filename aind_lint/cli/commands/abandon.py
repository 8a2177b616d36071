"""``aind-lint abandon``."""

from __future__ import annotations

import sys

import click

from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.cli.options import connection_options, refuse_empty
from aind_lint.cli.terminal import obey_termination, show
from aind_lint.errors import DeclinedError, UsageError
from aind_lint.publication.abandonment import Abandonment, Unfinished, abandon, find_unfinished
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize


@click.command("abandon", short_help="Remove what a dead uploader has left of an unfinished asset.")
@click.argument("name", callback=refuse_empty)
@click.option(
    "--in",
    "where",
    required=True,
    metavar="URL|DIR",
    callback=refuse_empty,
    help="The bucket: s3://bucket, or a folder.",
)
@click.option("--wait", type=click.FloatRange(min=0), metavar="MINUTES", help="Wait longer than the half hour of S3.")
@click.option("--yes", is_flag=True, help="Do not ask whether the uploader is dead.")
@connection_options
def command(name: str, where: str, wait: float | None, yes: bool, connection: Connection) -> int:
    """Give up the unfinished publication of the asset NAME and remove what it has stored.

    This is the only command that deletes, and only what was never published. Use it when nobody can finish the
    publication any more; whoever can should rather publish again. On S3 it waits for half an hour, so that nothing of
    the uploader can still arrive afterwards.

    \b
    Exit codes: 0 it is over, 2 usage error, 3 there is no unfinished publication,
    4 the bucket could not be read or written, 5 it is published, decided, or still being written,
    130 interrupted, 143 by SIGTERM (run it again to go on).
    """  # noqa: D301 - click wants the character
    obey_termination()
    name = name.rstrip("/\\")
    store = open_store(where, connection, tell=lambda text: show(sanitize(text), err=True))
    found = find_unfinished(store, name)
    if found is None:
        show(f"The last publication of {sanitize(name)} in {sanitize(store.url)} is over already; nothing was removed.")
        return 0
    if not yes:
        _ask(name, store.url, found)
    done = abandon(store, name, found.attempt, (wait or 0) * 60, tell=lambda text: show(sanitize(text), err=True))
    show(_text(done, store.url))
    return 0


def _ask(name: str, url: str, found: Unfinished) -> None:
    if not sys.stdin.isatty():
        raise UsageError("somebody has to confirm that the uploader is dead; without a terminal to ask at, say --yes")
    started_at = f"{found.claim.time} by {found.claim.tool} (run {found.claim.run_id})"
    show(f"The publication of {sanitize(name)} in {sanitize(url)} was begun at {sanitize(started_at)}.", err=True)
    show("What it has stored will be removed. Whoever began it could also finish it by publishing again.", err=True)
    if not click.confirm("Is that uploader dead, and shall its objects be removed?", err=True):
        raise DeclinedError("Nothing was removed, as you said no.")


def _text(done: Abandonment, url: str) -> str:
    lines = [
        f"The publication of {click.style(sanitize(done.asset), bold=True)} in {sanitize(url)} is abandoned: "
        f"{format_count(done.removed, 'object')} removed ({format_bytes(done.size)}), "
        f"{format_count(done.uploads, 'upload')} in parts aborted. It can be published anew."
    ]
    if done.kept:
        shown = ", ".join(sanitize(key) for key in done.kept[:5])
        lines.append(f"{format_count(len(done.kept), 'object')} that this tool did not store stay: {shown}")
    return "\n".join(lines)
