"""The command line: one module per command, loaded when it is called, so that every start is a light one."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from aind_lint._version import __version__
from aind_lint.cli.terminal import interruption_code, show, show_error
from aind_lint.errors import AindLintError, DeclinedError, os_error_reason

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Commands and what ``--help`` says of them; the module of a command is imported only to run it.
COMMANDS = {
    "check": "Check assets; nothing is written.",
    "publish": "Check assets and, only if every check passes, publish them.",
    "verify": "Compare a published asset with its local copy or its manifest.",
    "abandon": "Remove what a dead uploader has left of an unfinished asset.",
    "watch": "Publish finished assets of a folder as they appear.",
    "name": "Say what the parts of an asset's name are.",
    "explain": "Say what a rule demands, why, and how to mend a violation.",
    "rules": "List the rules.",
    "schemas": "List the versions of the schema that are known.",
    "doctor": "Say whether versions, credentials, permissions, clock and endpoint will do.",
    "baseline": "Count the findings of today, so that only new ones fail.",
    "config": "Show the configuration, or the JSON Schema of it.",
    "demo": "Make example assets, check them and publish them into a folder.",
    "init": "Write configuration, hooks and workflow for this repository.",
    "completion": "Write the script that makes a shell complete commands.",
}


class _LazyGroup(click.Group):
    """Knows its commands by name and imports them one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"aind_lint.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            from aind_lint.text.suggestions import closest

            meant = closest(name, COMMANDS)
            hint = f"did you mean '{meant}'?" if meant else f"known are {', '.join(COMMANDS)}."
            raise click.UsageError(f"there is no command '{name}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        commands = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__, prog_name="aind-lint")
@click.pass_context
def cli(ctx: click.Context) -> int | None:
    """Check data assets of the Allen Institute for Neural Dynamics, and publish them only when every check passes.

    \b
    aind-lint check ecephys_123456_2022-12-12_05-06-07
    aind-lint publish ecephys_123456_2022-12-12_05-06-07 --to s3://aind-open-data
    """  # noqa: D301 - click wants the character
    if ctx.invoked_subcommand is None:
        show(ctx.get_help(), err=True)
        return 2
    return None


def run() -> NoReturn:
    """The program: `main`, and an end that does not first take 700 modules apart."""
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    _exit(code if isinstance(code, int) else int(code is not None))  # as Python itself reads it


def main() -> NoReturn:
    """Run a command; every failure is one line on standard error and an exit code of the contract.

    Raises:
        SystemExit: Always, unless the process has ended already.
    """
    # Nearly everything that is made at the start lives to the end: it is looked through for garbage in vain.
    gc.set_threshold(100_000)
    _accept_every_character()
    if "_AIND_LINT_COMPLETE" in os.environ:
        import_module("aind_lint.cli.commands.completion")  # which teaches click a shell
    try:
        code = cli.main(prog_name="aind-lint", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # an impatient second one must not spoil the message
        show_error("interrupted; nothing is lost: run the same command again, and it goes on where it stopped")
        _exit(interruption_code(error))  # transfers may be under way in other threads, and nobody needs their end
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "aind-lint"
        _stop(f"{_lower(error.format_message().rstrip('.'))} (see '{command} --help')", 2)
    except click.ClickException as error:
        _stop(error.format_message(), 2)
    except DeclinedError as error:
        show(str(error), err=True)
        sys.exit(error.exit_code)
    except AindLintError as error:
        _stop(str(error), error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _stop(f"{where}{os_error_reason(error)}", 2)
    except Exception as error:
        if os.environ.get("AIND_LINT_DEBUG"):
            raise
        summary = f"{type(error).__name__}: {error}".splitlines()[0]
        _stop(f"internal error: {summary}; please report it (AIND_LINT_DEBUG=1 shows where it happened)", 2)
    sys.exit(code if isinstance(code, int) else 0)


def _stop(message: str, code: int) -> NoReturn:
    show_error(message)
    sys.exit(code)


def _exit(code: int) -> NoReturn:
    """End the process at once, with what was said."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # whoever read it has gone, or there never was anybody
            stream.flush()
    os._exit(code)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _accept_every_character() -> None:
    """Write what the terminal's encoding lacks as an escape instead of failing (Windows consoles, pipes)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
