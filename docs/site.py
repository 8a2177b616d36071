"""Pages and files of the site that are made from the code: the manual of every command, and the JSON Schemas."""

from __future__ import annotations

import html
import inspect
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from aind_lint.app.rule_schema import rule_schema
from aind_lint.cli.main import COMMANDS, cli
from aind_lint.config.settings_format import json_schema

_ROOT = Path(__file__).resolve().parent.parent


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is made from the code."""
    lines = [f"| [`aind-lint {name}`]({name}.md) | {text} |" for name, text in COMMANDS.items()]
    made = {
        "commands/index.md": "\n".join(["# Commands", "", "| command | what it does |", "| --- | --- |", *lines, ""]),
        "schemas/rule.schema.json": json.dumps(rule_schema(), indent=1),
        "schemas/aind-lint.schema.json": json.dumps(json_schema(), indent=1),
        "schemas/report.schema.json": (_ROOT / "tests/report/report.schema.json").read_text(encoding="utf-8"),
        **{f"commands/{name}.md": manual(name) for name in COMMANDS},
    }
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def manual(name: str) -> str:
    """The page of a command."""
    command = import_module(f"aind_lint.cli.commands.{name.replace('-', '_')}").command
    return "\n".join(_section(command, name, click.Context(cli, info_name="aind-lint"), "#")) + "\n"


def _section(command: click.Command, name: str, parent: click.Context, heading: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, help_option_names=["-h", "--help"])
    yield f"{heading} {context.command_path}\n"
    yield from (_paragraph(text) for text in (command.help or "").split("\n\n"))
    yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```\n"
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    records = [(option, text) for option, text in records if text]  # an argument is explained above
    yield "| option | meaning |\n| --- | --- |"
    for option, text in records:
        meaning = html.escape(text, quote=False).replace("|", "\\|")
        yield f"| `{option}` | {meaning} |"
    yield ""
    if isinstance(command, click.Group):
        for sub in command.commands:
            yield from _section(command.commands[sub], sub, context, f"{heading}#")


def _paragraph(text: str) -> str:
    """A paragraph of a help text; one that must not be wrapped begins with a control character."""
    if text.lstrip().startswith("\b"):
        return f"```text\n{inspect.cleandoc(text.lstrip().removeprefix(chr(8)))}\n```\n"
    return html.escape(" ".join(text.split()), quote=False).replace("*", "\\*") + "\n"
