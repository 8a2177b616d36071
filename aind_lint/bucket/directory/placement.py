"""Giving a finished file its name: never over an existing one, and durably."""

from __future__ import annotations

import errno
import os
from pathlib import Path

#: Errors of `os.link` on file systems without hard links, such as exFAT and many network drives.
NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL}


def place_file(temporary: Path, final: Path, scratch: Path) -> bool:
    """Give a file its final name unless the name is taken.

    Args:
        temporary: The file, below ``scratch``.
        final: The final path.
        scratch: The folder of the lock that is needed where there are no hard links.

    Returns:
        Whether the file got the name; False if the name is taken.
    """
    try:
        os.link(temporary, final)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        return _rename_locked(temporary, final, scratch)
    return True


def _rename_locked(temporary: Path, final: Path, scratch: Path) -> bool:
    from filelock import FileLock  # loaded only when needed: 20 ms

    # A fallback to a lock file without a system lock would outlast a process that is killed.
    with FileLock(scratch / "lock", poll_interval=0.01, fallback_to_soft=False):
        if os.path.lexists(final):  # a dangling link is a taken name too
            return False
        temporary.rename(final)
        return True


def make_parents(final: Path) -> None:
    """Create the missing parent folders of a path, durably."""
    missing = []
    folder = final.parent
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, where the system can do so; Windows cannot."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems refuse; the file itself is on disk
    finally:
        os.close(descriptor)
