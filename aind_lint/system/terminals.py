"""Whether a person can answer a question."""

from __future__ import annotations

import sys


def can_ask() -> bool:
    """Whether standard input is a terminal.

    On Windows ``isatty`` is true of the null device as well, which scheduled tasks and ``pythonw`` have.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt
    from ctypes import wintypes

    handle = wintypes.HANDLE(msvcrt.get_osfhandle(sys.stdin.fileno()))
    return bool(ctypes.windll.kernel32.GetConsoleMode(handle, ctypes.byref(wintypes.DWORD())))
