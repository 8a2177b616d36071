"""Allows one watcher per folder, with a lock that the system releases when the process ends, even if it is killed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from aind_lint.app.watching.log import log
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.system.file_locks import try_exclusive_lock
from aind_lint.system.shared_folder import open_regular_file, read_regular_file, write_file_in

LOCK_FILE = ".aind-lint-watch.lock"

#: Names the process that holds the lock. On Windows other processes cannot read the lock file itself.
HOLDER_FILE = ".aind-lint-watch.holder.json"


@contextmanager
def single_watcher(folder: Path) -> Iterator[None]:
    """Be the only watcher of a folder. On a file system without locks a warning is logged instead.

    Raises:
        UsageError: Another process watches the folder, or the folder cannot be written.
    """
    holder_file = folder / HOLDER_FILE
    try:
        stream = os.fdopen(open_regular_file(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT), "r+b")
    except OSError as error:
        raise UsageError(f"cannot open {folder / LOCK_FILE}: {os_error_reason(error)}") from None
    with stream, ExitStack() as stack:
        try:
            is_locked = stack.enter_context(try_exclusive_lock(stream))
        except OSError as error:
            log.warning("%s cannot be locked against a second watcher: %s", folder, os_error_reason(error))
            is_locked = True
        if not is_locked:
            raise UsageError(
                f"{folder} is already watched by {_holder(holder_file)}; a folder can have only one watcher"
            )
        try:
            write_file_in(folder, HOLDER_FILE, json.dumps(_this_process()))
        except OSError as error:
            raise UsageError(f"cannot write {holder_file}: {os_error_reason(error)}") from None
        yield
        with suppress(OSError):
            holder_file.unlink()


def _this_process() -> dict[str, object]:
    return {"pid": os.getpid(), "host": platform.node(), "since": f"{datetime.now():%Y-%m-%d %H:%M}"}


def _holder(holder_file: Path) -> str:
    """The process that holds the lock, according to its file."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        holder = json.loads(read_regular_file(holder_file))
        return f"process {int(holder['pid'])} on {holder['host']} since {holder['since']}"
    return "another process"
