"""The command line. The module of a command is imported only to run it, which keeps every start fast."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from aind_lint._version import __version__
from aind_lint.cli.options import color_option
from aind_lint.cli.output_encoding import accept_every_character
from aind_lint.cli.standard_streams import open_closed_streams, restart_in_utf8_mode
from aind_lint.cli.terminal import INTERRUPTED, TERMINATING_SIGNALS, interruption_code, show, show_error
from aind_lint.errors import AindLintError, DeclinedError, os_error_reason

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: The commands with their summaries for ``--help``. The module of a command has the same name.
COMMANDS = {
    "check": "Check assets. Nothing is written.",
    "fix": "Fix what is mechanical in assets: encodings, names, junk.",
    "new": "Make an asset or a sidecar, valid except for what only you know.",
    "baseline": "Record today's findings, so that only new ones fail.",
    "publish": "Check assets, and publish those that pass every check.",
    "verify": "Compare a published asset with its local copy or its manifest.",
    "abandon": "Remove the objects of a publication that will never finish.",
    "watch": "Watch a folder and publish its assets when they are finished.",
    "audit": "Check a whole bucket, and compare it with the last audit.",
    "name": "Show the parts of an asset name.",
    "explain": "Show what a rule requires, why, and how to fix a violation.",
    "rules": "List the rules.",
    "schemas": "List the known schema versions.",
    "bil-sheet": "Write the metadata sheet of BIL from the sidecars.",
    "init": "Add configuration, a hook and a workflow to this repository.",
    "lsp": "Serve an editor: findings while you type (language server).",
    "config": "Show the configuration or its JSON Schema.",
    "doctor": "Check versions, credentials, permissions, clock and endpoint.",
    "demo": "Create example assets, check them and publish them to a folder.",
    "completion": "Print the completion script of a shell.",
}

#: The sections of ``--help``, each with the first of its commands.
_SECTIONS = {"check": "Assets", "publish": "Buckets", "name": "Look up", "init": "Set up"}


class _LazyGroup(click.Group):
    """A group that imports a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"aind_lint.cli.commands.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        if not any(param.name == "color" for param in command.params):
            color_option(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            from aind_lint.text.suggestions import closest

            similar = closest(name, COMMANDS)
            hint = f"did you mean '{similar}'?" if similar else f"the commands are {', '.join(COMMANDS)}."
            raise click.UsageError(f"there is no command '{name}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        commands = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, summary in COMMANDS.items():
            title = _SECTIONS.get(name) or list(sections)[-1]
            sections.setdefault(title, []).append((name.ljust(max(map(len, COMMANDS))), summary))
        for title, commands in sections.items():
            with formatter.section(title):
                formatter.write_dl(commands)


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__, prog_name="aind-lint")
@color_option
@click.pass_context
def cli(ctx: click.Context) -> int | None:
    """Check data assets of the Allen Institute for Neural Dynamics, and publish them only if every check passes.

    \b
    aind-lint check ecephys_123456_2022-12-12_05-06-07
    aind-lint publish ecephys_123456_2022-12-12_05-06-07 --to s3://aind-open-data
    """  # noqa: D301 - click needs the escape
    if ctx.invoked_subcommand is None:
        show(ctx.get_help(), err=True)
        return 2
    return None


def run() -> NoReturn:
    """Run `main` and exit without the interpreter's teardown of 700 modules."""
    restart_in_utf8_mode()
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    _exit(code if isinstance(code, int) else int(code is not None))  # as Python converts it


def main() -> NoReturn:
    """Run a command. A failure is one line on standard error and a documented exit code.

    Raises:
        SystemExit: Always, except that an interruption ends the process.
    """
    open_closed_streams()
    accept_every_character()
    if "_AIND_LINT_COMPLETE" in os.environ:
        import_module("aind_lint.cli.commands.completion")  # registers a shell that click does not know
    try:
        code = cli.main(prog_name="aind-lint", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        for number in (signal.SIGINT, *TERMINATING_SIGNALS):
            signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the message
        show_error(f"interrupted; {INTERRUPTED}")
        _exit(interruption_code(error))  # do not wait for transfers in other threads
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
        _stop(f"internal error: {summary}; please report this bug (AIND_LINT_DEBUG=1 shows where it happened)", 2)
    sys.exit(code if isinstance(code, int) else 0)


def _stop(message: str, code: int) -> NoReturn:
    show_error(message)
    sys.exit(code)


def _exit(code: int) -> NoReturn:
    """Flush the output and end the process at once."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # a closed pipe, or no stream at all
            stream.flush()
    os._exit(code)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
