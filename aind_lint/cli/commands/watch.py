"""``aind-lint watch``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import click

from aind_lint.app.watching.asset_publisher import publish_asset
from aind_lint.app.watching.idle_tracker import IdleTracker
from aind_lint.app.watching.log import log
from aind_lint.app.watching.watcher import Watcher
from aind_lint.app.watching.watcher_lock import single_watcher
from aind_lint.app.watching.webhook import Webhook
from aind_lint.asset.listing.folder_scan import named_path
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.bucket.address import Connection, absolute_address
from aind_lint.bucket.open_store import open_store
from aind_lint.cli.options import (
    config_option,
    connection_options,
    debug_option,
    destination_option,
    rate_option,
    refuse_bad_path,
    state_option,
)
from aind_lint.cli.terminal import show, signals_as_interrupt
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.system.disk_paths import path_on_disk
from aind_lint.system.logs import log_file, log_to_stderr
from aind_lint.text.separators import native_path

_LOG_FILE = "aind-lint-watch.log"
_LOG_SIZE, _LOGS_KEPT = 5 * 2**20, 5


@click.command("watch")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path), callback=refuse_bad_path)
@destination_option
@click.option(
    "--still",
    type=click.FloatRange(min=0),
    metavar="MINUTES",
    help="Also publish assets that have not changed for so many minutes.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="Time between two scans of the folder.",
)
@click.option("--once", is_flag=True, help="Scan once and exit, for use with a scheduler.")
@click.option("--move-data", is_flag=True, help="Move published assets to done/, which must be on the same volume.")
@click.option(
    "--webhook",
    envvar="AIND_LINT_WEBHOOK",
    metavar="URL",
    help="Send a JSON object to URL when an asset is not published.  [env: AIND_LINT_WEBHOOK]",
)
@click.option(
    "--log", "log_path", type=click.Path(path_type=Path), metavar="FILE", help=f"Log file.  [default: DIR/{_LOG_FILE}]"
)
@rate_option
@config_option
@state_option
@debug_option
@connection_options
@signals_as_interrupt()
def command(
    folder: Path,
    to: str,
    still: float | None,
    every: float,
    once: bool,
    move_data: bool,
    webhook: str | None,
    log_path: Path | None,
    max_rate: float | None,
    config: Path | None,
    connection: Connection,
) -> int:
    """Watch DIR and publish its assets when they are finished, with the same checks as 'publish'.

    An asset is finished when there is a file <asset>.ready next to its folder, when DIR contains an upload manifest
    for it, or, with --still, when it has not changed for some minutes. The report is written to done/ or failed/ in
    DIR, and the marker or manifest is moved there. The data stays where it is. To retry a failed asset, move its
    marker or manifest back.

    The watcher can be stopped at any time; the next start finishes the current publication. Only one watcher can
    run in a folder.

    \b
    Exit codes:
      0    all assets were published (with --once)
      1    an asset was not published (with --once)
      2    usage or internal error
      130  stopped by Ctrl-C
      143  stopped by SIGTERM, such as from a service manager
    """  # noqa: D301 - click needs the escape
    folder = path_on_disk(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder" if folder.exists() else f"{folder} does not exist")
    if parse_name(named_path(folder).name).form is not None:
        raise UsageError(f"{folder} is an asset; name the folder that contains the assets")
    open_store(to, connection, new=True)  # fail now on an invalid destination, not at the first asset
    watcher = Watcher(
        folder,
        partial(publish_asset, to=to, watched_folder=folder, max_rate=max_rate, config=config, connection=connection),
        IdleTracker(still) if still is not None else None,
        Webhook(webhook) if webhook else None,
        move_data,
    )
    with _log_to(log_path or folder / _LOG_FILE, follow_links=log_path is not None), single_watcher(folder):
        if once:
            return 0 if watcher.scan_once() else 1
        log.info("watching %s for %s", folder, native_path(absolute_address(to)))
        watcher.watch(every)
    return 0


@contextmanager
def _log_to(path: Path, follow_links: bool) -> Iterator[None]:
    """Write the log to a file, with debug messages, and its other messages to standard error."""
    with ExitStack() as stack:
        if not log.isEnabledFor(logging.DEBUG):  # else --verbose shows all messages already
            stack.enter_context(log_to_stderr(logging.INFO, log))
        try:
            stack.enter_context(log_file(path, _LOG_SIZE, _LOGS_KEPT, _report_log_failure, follow_links))
        except OSError as error:
            raise UsageError(f"cannot write the log {path}: {os_error_reason(error)}") from None
        yield


def _report_log_failure(error: OSError) -> None:
    show(f"the log cannot be written: {os_error_reason(error)}", err=True)
