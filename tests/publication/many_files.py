"""An asset with many small files, and what happens while they are sent."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faulty_server import FaultServer, Request
from tests.publication.disturbed import write_asset_of_all_sizes

#: Open files are counted in /proc.
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")

#: The small files that `write_asset_of_many` adds to the example.
ADDED = 80


def write_asset_of_many(parent: Path, **files: bytes) -> Path:
    """An asset with many additional small files."""
    many = {f"behavior/many/{number:03}.bin": b"%d" % number for number in range(ADDED)}
    return write_asset_of_all_sizes(parent, **many, **files)


def wait_until(happened: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition, at most so many seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def is_many(request: Request) -> bool:
    """Whether a request stores one of the many files."""
    return request.method == "PUT" and "/many/" in request.key


def at_request(faults: FaultServer, which: Callable[[Request], bool], number: int, act: Callable[[], None]) -> None:
    """Call ``act`` once, when the ``number``-th request arrives for which ``which`` is true."""
    arrived = 0

    def count(request: Request) -> bool:
        nonlocal arrived
        arrived += which(request)
        if which(request) and arrived == number:
            act()
        return False

    faults.inject_if("503", count)
