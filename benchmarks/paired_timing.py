"""Timing whole commands in pairs."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

#: The command line of this environment, as a user starts it.
AIND_LINT = str(Path(sys.executable).with_name("aind-lint"))


#: The environment of what is timed: with the compiled modules that an installation has.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: Sequence[str]) -> float:
    """Wall time of a command, whatever its exit code."""
    started = time.perf_counter()
    subprocess.run(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def cpu_seconds(command: Sequence[str]) -> float:
    """CPU time of a command and its children, user and system, whatever its exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median_ratio(command: Sequence[str], peer: Sequence[str], pairs: int) -> float:
    """The median over pairs of runs of the CPU time of ``command`` divided by that of ``peer``."""
    cpu_seconds(command), cpu_seconds(peer)  # warm the caches of the disk
    return statistics.median(cpu_seconds(command) / cpu_seconds(peer) for _ in range(pairs))
