"""Processes that help a publication, seen from outside, and an asset that gives them something to do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faulty_server import FaultServer, Request
from tests.publication.disturbed import write_asset_of_all_sizes

#: Processes are looked at in /proc.
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")

#: The small files that `write_asset_of_many` adds to six of the example; and its sidecars without data_description.
ADDED = 80
READ, SENT = ADDED + 6, ADDED + 6 + 5


def write_asset_of_many(parent: Path, **files: bytes) -> Path:
    """An asset with many small files more."""
    many = {f"behavior/many/{number:03}.bin": b"%d" % number for number in range(ADDED)}
    return write_asset_of_all_sizes(parent, **many, **files)


def children(pid: int) -> list[int]:
    """The living processes that a process has started."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                # The name, in brackets, may hold anything.
                state, parent = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
                if int(parent) == pid and state not in "ZX":
                    found.append(int(folder.name))
    return sorted(found)


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_until(happened: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something, at most so long."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def is_many(request: Request) -> bool:
    """Whether it stores one of the many."""
    return request.method == "PUT" and "/many/" in request.key


def at_request(faults: FaultServer, which: Callable[[Request], bool], number: int, act: Callable[[], None]) -> None:
    """Do something once, just when the ``number``-th request comes for which ``which`` is true."""
    came = 0

    def look(request: Request) -> bool:
        nonlocal came
        came += which(request)
        if which(request) and came == number:
            act()
        return False

    faults.expect_of("503", look)


def kill(pids: list[int]) -> None:
    """End processes without any chance to tidy up."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
