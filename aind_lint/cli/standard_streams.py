"""Standard streams that a caller has closed, and file names in a locale other than UTF-8."""

from __future__ import annotations

import os
import sys


def open_closed_streams() -> None:
    """Replace closed standard streams by the null device.

    Services and ``pythonw`` start programs without them. Otherwise the next file that is opened would get the number of
    a stream, and what a library prints would be written into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # gets the lowest free number, which is this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open until the end


def restart_in_utf8_mode() -> None:
    """Replace this process by one in which file names are UTF-8, if the locale says otherwise.

    File names are bytes. In a locale such as ``en_US.ISO-8859-1`` Python would read the bytes of ``café.txt`` as
    ``cafÃ©.txt``, and that would be the key in the bucket. Only an old locale of POSIX does that.
    """
    if os.name == "nt" or sys.getfilesystemencoding() == "utf-8" or not sys.executable:
        return
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"  # the terminal keeps its own
    environment = {"PYTHONIOENCODING": encoding, **os.environ, "PYTHONUTF8": "1"}
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)  # noqa: S606 - ourselves
