"""The log files of publications, in the state folder beside the receipts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from aind_lint.errors import UsageError, os_error_reason
from aind_lint.system.logs import log_file
from aind_lint.system.paths import state_folder

#: A log file of a run is at most twice this long: it is renamed once.
_MAX_BYTES, _BACKUPS = 2 * 2**20, 1

#: Bytes of the asset name in the name of a log file, which has at most 255 bytes.
_MAX_NAME_BYTES = 180

#: Log files that are kept, the newest.
_KEPT = 50

#: Names of log files of this program; other files in the folder are never removed.
_NAME = re.compile(r".+\.[0-9]{8}T[0-9]{6}\.[0-9]+\.log(\.[0-9]+)?", re.DOTALL)


@contextmanager
def run_log(asset: Path, on_message: Callable[[str], None]) -> Iterator[Path | None]:
    """Keep a log of the publication of an asset; its path, or None if it cannot be written, which is only a note.

    Args:
        asset: The asset's folder or upload manifest.
        on_message: Called with one line if the log cannot be written.
    """

    def report(error: OSError) -> None:
        on_message(f"the log of this run cannot be written ({os_error_reason(error)})")

    with ExitStack() as stack:
        path = None
        with suppress(UsageError):  # no home folder: reported when the receipt is saved
            folder = state_folder().absolute() / "logs"
            if asset.resolve() not in folder.resolve().parents:  # the log would become a file of the asset
                name = os.fsencode(asset.name)[:_MAX_NAME_BYTES].decode("utf-8", "ignore") or "asset"
                path = folder / f"{name}.{datetime.now():%Y%m%dT%H%M%S}.{os.getpid()}.log"
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _remove_old(path.parent)
                stack.enter_context(log_file(path, _MAX_BYTES, _BACKUPS, report))
            except OSError as error:
                report(error)
                path = None
        yield path


def _remove_old(folder: Path) -> None:
    """Remove the oldest log files, so that there is room for one more."""
    logs = (path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file())
    for old in sorted(logs, key=_modified)[: -_KEPT + 1]:
        with suppress(OSError):  # another process has removed it, or writes it
            old.unlink()


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
