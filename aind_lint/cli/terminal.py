"""Terminal output that survives a closed reader, error lines, colors, and signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from types import FrameType


#: Signals that end a command besides that of Ctrl-C.
TERMINATING_SIGNALS = [signal.SIGTERM]
if sys.platform == "win32":
    TERMINATING_SIGNALS.append(signal.SIGBREAK)


#: What an interruption leaves. A large file that was being sent in parts is not complete: its upload is aborted.
INTERRUPTED = "what was complete is kept: run the same command again to continue"


class _Terminated(KeyboardInterrupt):
    """Raised on SIGTERM, so that a command ends as it does on Ctrl-C."""


@contextmanager
def signals_as_interrupt() -> Iterator[None]:
    """Let SIGTERM, which systemd and ``timeout`` send, interrupt the block as Ctrl-C does.

    On Windows it is SIGBREAK: for Ctrl-Break, a console window that is closed, and the end of a session. The previous
    handlers are restored at the end. Only the main thread can set a handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def terminate(number: int, frame: FrameType | None) -> NoReturn:
        raise _Terminated if number == signal.SIGTERM else KeyboardInterrupt

    previous = {number: signal.signal(number, terminate) for number in TERMINATING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def interruption_code(error: BaseException) -> int:
    """The exit code of an interrupted command: 128 plus the number of the signal."""
    causes = (error, error.__context__)  # click replaces a KeyboardInterrupt by an Abort
    return 143 if any(isinstance(cause, _Terminated) for cause in causes) else 130


def show(text: str | bytes, *, err: bool = False, nl: bool = True) -> None:
    """Write to standard output or standard error; bytes are written as they are.

    A reader that has closed the pipe ends the output, but not the work; nor does a full disk that takes no messages.

    Raises:
        OSError: The result cannot be written to standard output.
    """
    stream = sys.stderr if err else sys.stdout
    try:
        click.echo(text, file=stream, nl=nl, color=use_color())  # without a file, click replaces ASCII by UTF-8
    except OSError as error:
        # Otherwise the interpreter would fail again at exit, when it flushes the buffer.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not err and not isinstance(error, BrokenPipeError):
            raise


def show_document(text: str) -> None:
    """Write a report for programs to standard output: in UTF-8, as in a file, unless it is a terminal."""
    if hasattr(sys.stdout, "buffer") and not sys.stdout.isatty():
        show(click.unstyle(text).encode("utf-8", "backslashreplace"), nl=False)
    else:
        show(text, nl=False)


def show_error(message: str) -> None:
    """Write one line about a failure to standard error."""
    from aind_lint.text.sanitize import sanitize

    show(f"{click.style('error', fg='red', bold=True)}: {sanitize(message)}", err=True)


def use_color() -> bool | None:
    """Whether to color output: by ``NO_COLOR`` and ``FORCE_COLOR``; None lets click decide by the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return None if os.name != "nt" or _console_has_colors() else False


def text_width() -> int | None:
    """Columns for text on standard output; None for a pipe or a file, whose reader breaks lines as it likes.

    ``AIND_LINT_COLUMNS`` decides where it is set. Some shells and CI systems export ``COLUMNS`` to every program, so
    outside a terminal it shows nothing about the reader.
    """
    if (wanted := os.environ.get("AIND_LINT_COLUMNS", "")).isdecimal():
        return int(wanted)
    if not sys.stdout.isatty():
        return None
    import shutil  # 3 ms, with three libraries for compression

    return shutil.get_terminal_size().columns


@cache
def _console_has_colors() -> bool:
    """Let a Windows console interpret color codes instead of printing them; False before Windows 10."""
    import ctypes

    enable_colors = 0x4  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
    kernel32 = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    kernel32.GetStdHandle.restype = ctypes.c_void_p
    for number in (-11, -12):  # standard output, standard error
        console, mode = ctypes.c_void_p(kernel32.GetStdHandle(number)), ctypes.c_ulong()
        is_console = kernel32.GetConsoleMode(console, ctypes.byref(mode))
        if is_console and not kernel32.SetConsoleMode(console, mode.value | enable_colors):
            return False
    return True
