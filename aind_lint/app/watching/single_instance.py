"""One watcher in a folder: a lock that the system releases when its process ends, however it ends."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from aind_lint.app.watching.log import log
from aind_lint.errors import UsageError, os_error_reason

LOCK_FILE = ".aind-lint-watch.lock"


@contextmanager
def single_watcher(folder: Path) -> Iterator[None]:
    """Be the one watcher of a folder, as far as its file system has locks.

    The file says who that is; it stays, as removing it would let two others hold a lock each.

    Raises:
        UsageError: Another process watches the folder, or it cannot be written.
    """
    path = folder / LOCK_FILE
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {os_error_reason(error)}") from None
    with file:
        try:
            _lock(file)
        except BlockingIOError:
            raise UsageError(f"{folder} is watched already, by {_holder(file)}; one folder takes one watcher") from None
        except OSError as error:
            log.warning("nothing keeps a second watcher from %s: %s", folder, os_error_reason(error))
        holder = {"pid": os.getpid(), "host": platform.node(), "since": f"{datetime.now():%Y-%m-%d %H:%M}"}
        file.truncate(0)
        file.write(json.dumps(holder).encode())
        file.flush()
        yield


def _holder(file: BinaryIO) -> str:
    """Who holds the lock, as far as the file says."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        holder = json.loads(file.read())
        return f"process {int(holder['pid'])} on {holder['host']} since {holder['since']}"
    return "another process"


if os.name == "nt":
    import msvcrt

    #: What is locked there cannot be read by others, so it is a byte beyond what the file says.
    _BEYOND = 2**20

    def _lock(file: BinaryIO) -> None:
        file.seek(_BEYOND)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from None
        finally:
            file.seek(0)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
