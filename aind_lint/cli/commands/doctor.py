"""``aind-lint doctor``."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator

import click

from aind_lint._version import __version__
from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.cli.options import connection_options, refuse_empty
from aind_lint.cli.terminal import show
from aind_lint.engine.environment import package_versions
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.publication.preflight import ProbeResult, run_probes
from aind_lint.system.paths import state_folder
from aind_lint.text.quantities import format_bytes
from aind_lint.text.sanitize import sanitize

#: Bytes that journals and receipts of a large asset may take.
_STATE_ROOM = 500 * 10**6

_MARKS = {"good": ("ok  ", "green"), "doubtful": ("warn", "yellow"), "bad": ("FAIL", "red")}


@click.command("doctor", short_help="Say whether versions, credentials, permissions, clock and endpoint will do.")
@click.option(
    "--to", metavar="URL|DIR", callback=refuse_empty, help="The destination to try: s3://bucket, or a folder."
)
@connection_options
def command(to: str | None, connection: Connection) -> int:
    """Try what publishing needs, before a night depends on it. Nothing is left at the destination.

    To learn whether it may write, a write is sent whose checksum is wrong on purpose: what may write is told so, and
    nothing is stored.

    \b
    Exit codes: 0 publishing will work, 2 usage error, 4 the destination will not do.
    """  # noqa: D301 - click wants the character
    for trial in _trials_here():
        _show(trial)
    if to is None:
        show("Nothing was tried at a destination; name one with --to.")
        return 0
    code = 0
    try:
        for trial in run_probes(open_store(to, connection, new=True)):
            _show(trial)
            code = 4 if trial.state == "bad" else code
    except UsageError as error:
        _show(ProbeResult("destination", "bad", str(error)))
        code = error.exit_code
    if code:
        hint = "Mend what says FAIL and run this again: what rests on it was not tried."
        show(f"Publishing to {sanitize(to)} will not work. {hint}")
    return code


def _show(trial: ProbeResult) -> None:
    mark, colour = _MARKS[trial.state]
    show(f"{click.style(mark, fg=colour)} {trial.what:<17} {sanitize(trial.said)}")


def _trials_here() -> Iterator[ProbeResult]:
    yield ProbeResult("aind-lint", "good", f"{__version__}, Python {platform.python_version()}, {platform.system()}")
    yield ProbeResult(
        "packages", "good", ", ".join(f"{name} {version}" for name, version in package_versions().items())
    )
    yield _state_folder()


def _state_folder() -> ProbeResult:
    folder = state_folder().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".doctor").write_bytes(b"")
        (folder / ".doctor").unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        reason = os_error_reason(error)
        return ProbeResult(
            "records", "doubtful", f"{folder} cannot be written ({reason}): no receipts are kept, no journal"
        )
    said = f"receipts and journals go to {folder}, {format_bytes(free)} free"
    return ProbeResult("records", "good" if free > _STATE_ROOM else "doubtful", said)
