"""Allows one watcher per folder, with a lock that the system releases when the process ends, even if it is killed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from aind_lint.app.watching.log import log
from aind_lint.errors import UsageError, os_error_reason

LOCK_FILE = ".aind-lint-watch.lock"

#: Names the process that holds the lock. On Windows other processes cannot read the lock file itself.
HOLDER_FILE = ".aind-lint-watch.holder.json"


@contextmanager
def single_watcher(folder: Path) -> Iterator[None]:
    """Be the only watcher of a folder. On a file system without locks a warning is logged instead.

    Raises:
        UsageError: Another process watches the folder, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout  # loaded only when needed: 20 ms

    # The fallback, a lock file without a system lock, would remain after a watcher is killed.
    lock = FileLock(folder / LOCK_FILE, blocking=False, fallback_to_soft=False)
    holder_file = folder / HOLDER_FILE
    failure: OSError | None = None
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"{folder} is already watched by {_holder(holder_file)}; a folder can have only one watcher"
        ) from None
    except OSError as error:
        failure = error
    try:
        try:
            holder_file.write_text(json.dumps(_this_process()), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {holder_file}: {os_error_reason(error)}") from None
        if failure is not None:
            log.warning("%s cannot be locked against a second watcher: %s", folder, os_error_reason(failure))
        yield
        with suppress(OSError):
            holder_file.unlink()
    finally:
        lock.release()


def _this_process() -> dict[str, object]:
    return {"pid": os.getpid(), "host": platform.node(), "since": f"{datetime.now():%Y-%m-%d %H:%M}"}


def _holder(holder_file: Path) -> str:
    """The process that holds the lock, according to its file."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        holder = json.loads(holder_file.read_text(encoding="utf-8"))
        return f"process {int(holder['pid'])} on {holder['host']} since {holder['since']}"
    return "another process"
