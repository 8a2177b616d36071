"""What every command needs of the terminal: output that survives a closed reader, error lines, signals, colors."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from types import FrameType


class _Terminated(KeyboardInterrupt):
    """Nobody has pressed Ctrl-C: the system asks the command to end."""


def obey_termination() -> None:
    """Let SIGTERM, which systemd and ``timeout`` send, end a command as Ctrl-C does; Windows never sends it."""

    def terminate(number: int, frame: FrameType | None) -> NoReturn:
        raise _Terminated

    signal.signal(signal.SIGTERM, terminate)


def interruption_code(error: BaseException) -> int:
    """The exit code of a command that was interrupted: 128 and the number of the signal."""
    causes = (error, error.__context__)  # click makes an `Abort` of what it was interrupted by
    return 143 if any(isinstance(cause, _Terminated) for cause in causes) else 130


def show(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write to standard output or standard error; a reader that has gone away ends the writing, not the work."""
    try:
        click.echo(text, err=err, nl=nl, color=use_colour())
    except OSError as error:
        # What is still buffered must not fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if err else sys.stdout).fileno())
        if not isinstance(error, BrokenPipeError):
            raise


def show_error(message: str) -> None:
    """Write one line about a failure to standard error."""
    from aind_lint.text.sanitize import sanitize

    show(f"{click.style('error', fg='red', bold=True)}: {sanitize(message)}", err=True)


def use_colour() -> bool | None:
    """Whether to colour output: ``NO_COLOR``, ``FORCE_COLOR``, else click decides by the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return None
