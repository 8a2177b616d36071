"""Start another Python process with the modules of this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

#: Makes importable what this process can import, and nothing else: the working folder may be the asset.
_SET_PATH = "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "

#: Seconds to wait for the end of a process that was killed.
_KILL_SECONDS = 1.0


def can_start_python() -> bool:
    """Whether `sys.executable` is Python; in a frozen program it is the program itself."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def available_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def start_python(statement: str) -> subprocess.Popen[bytes]:
    """Start a Python process that runs ``statement``, with pipes for standard input and output.

    Raises:
        OSError: It cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - no part of the command comes from outside
        [sys.executable, "-I", "-c", _SET_PATH + statement],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps([path for path in sys.path if Path(path).is_absolute()]).encode() + b"\n")
        process.stdin.flush()
    except OSError:
        kill(process)
        raise
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that `start_python` started, and close its pipes."""
    process.kill()
    try:
        process.wait(_KILL_SECONDS)
    except subprocess.TimeoutExpired:  # it waits for a disk, and closing its pipes would wait, too
        return
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # unsent input
                continue
