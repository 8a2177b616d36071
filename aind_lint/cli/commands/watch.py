"""``aind-lint watch``."""

from __future__ import annotations

import logging
import sys
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path

import click

from aind_lint.app.watching.idle_tracker import IdleTracker
from aind_lint.app.watching.job_publisher import publish_job
from aind_lint.app.watching.log import log
from aind_lint.app.watching.single_instance import single_watcher
from aind_lint.app.watching.watcher import Watcher
from aind_lint.app.watching.webhook import Webhook
from aind_lint.asset.listing.listing import named_path
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.bucket.address import Connection, absolute_address
from aind_lint.bucket.open_store import open_store
from aind_lint.cli.options import config_option, connection_options, destination_option, rate_option, refuse_empty
from aind_lint.cli.terminal import obey_termination
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.text.sanitize import sanitize

_LOG_FILE = "aind-lint-watch.log"
_LOG_SIZE, _LOGS_KEPT = 5 * 2**20, 5


@click.command("watch", short_help="Publish finished assets of a folder as they appear.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path), callback=refuse_empty)
@destination_option
@click.option(
    "--still",
    type=click.FloatRange(min=0),
    metavar="MINUTES",
    help="An asset in which nothing has changed for so long is finished, too.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@click.option("--once", is_flag=True, help="Look once and end; for a scheduler that starts it again.")
@click.option("--move-data", is_flag=True, help="Rename a published asset into done/, on the same volume.")
@click.option(
    "--webhook",
    envvar="AIND_LINT_WEBHOOK",
    metavar="URL",
    help="Is sent a JSON object when an asset is not published. Also from AIND_LINT_WEBHOOK.",
)
@click.option(
    "--log", "log_file", type=click.Path(path_type=Path), metavar="FILE", help=f"The log.  [default: DIR/{_LOG_FILE}]"
)
@rate_option
@config_option
@connection_options
def command(
    folder: Path,
    to: str,
    still: float | None,
    every: float,
    once: bool,
    move_data: bool,
    webhook: str | None,
    log_file: Path | None,
    max_rate: float | None,
    config: Path | None,
    connection: Connection,
) -> int:
    """Publish the finished assets of DIR as they appear; every check is made, as 'publish' makes it.

    An asset is finished when a file <asset>.ready lies beside its folder, when an upload manifest for it lies in DIR,
    or, with --still, when nothing has changed in it for some minutes. The report is written to done/ or failed/ in
    DIR, and the marker or manifest is moved there. The data stays where it is. To try a failed asset again, move its
    marker or manifest back.

    It can be ended at any time: what was begun is finished by the next start. One folder takes one watcher; a second
    one says who watches, and ends.

    \b
    Exit codes: with --once 0 all published, 1 something is not;
    2 usage or internal error, 130 ended by Ctrl-C, 143 by a service manager (SIGTERM).
    """  # noqa: D301 - click wants the character
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    if parse_name(named_path(folder).name).form is not None:
        raise UsageError(f"{folder} is an asset itself; name the folder in which assets appear")
    open_store(to, connection, new=True)  # a destination that cannot be is said now, not at night
    watcher = Watcher(
        folder,
        partial(publish_job, to=to, max_rate=max_rate, config=config, connection=connection),
        IdleTracker(still) if still is not None else None,
        Webhook(webhook) if webhook else None,
        move_data,
    )
    _keep_log(log_file or folder / _LOG_FILE)
    obey_termination()
    with single_watcher(folder):
        if once:
            return 0 if watcher.look() else 1
        log.info("watching %s for %s", folder, absolute_address(to))
        watcher.watch(every)
    return 0


def _keep_log(file: Path) -> None:
    try:
        handlers: list[logging.Handler] = [
            RotatingFileHandler(
                file, maxBytes=_LOG_SIZE, backupCount=_LOGS_KEPT, encoding="utf-8", errors="backslashreplace"
            )
        ]
    except OSError as error:
        raise UsageError(f"cannot write the log {file}: {os_error_reason(error)}") from None
    if sys.stderr is not None:  # pythonw and some schedulers give none
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(_Readable("%(asctime)s  %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.handlers = handlers
    log.setLevel(logging.INFO)
    log.propagate = False


class _Readable(logging.Formatter):
    """A moment and a sentence; further lines below it, indented; a failure stands out by its word."""

    def format(self, record: logging.LogRecord) -> str:
        first, *rest = super().format(record).split("\n")
        if record.levelno >= logging.ERROR:
            stamp = self.formatTime(record, self.datefmt)
            first = f"{stamp}  FAILED {first.removeprefix(stamp).strip()}"
        return "\n".join([sanitize(first), *(f"    {sanitize(line)}" for line in rest)])
