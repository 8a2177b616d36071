"""Keeps the computer awake during long work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

#: Flags of SetThreadExecutionState: the state lasts until it is changed; the system does not go to sleep.
_ES_CONTINUOUS, _ES_SYSTEM_REQUIRED = 0x80000000, 0x00000001


@contextmanager
def keep_awake() -> Iterator[None]:
    """On Windows, do not let the computer go to sleep because no one uses it: an upload can take all night.

    A user can still put it to sleep. Other systems are left alone: there, ``caffeinate`` and ``systemd-inhibit`` do
    this for any command.
    """
    if os.name != "nt":
        yield
        return
    import ctypes

    set_state = ctypes.windll.kernel32.SetThreadExecutionState  # type: ignore[attr-defined,unused-ignore]
    set_state(_ES_CONTINUOUS | _ES_SYSTEM_REQUIRED)
    try:
        yield
    finally:
        set_state(_ES_CONTINUOUS)
