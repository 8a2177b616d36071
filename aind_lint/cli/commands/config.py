"""``aind-lint config``: the configuration and its JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path

import click

from aind_lint.cli.options import config_option
from aind_lint.cli.terminal import show
from aind_lint.config.config_file import find_settings, read_settings, to_toml
from aind_lint.config.settings_format import json_schema
from aind_lint.text.sanitize import sanitize


@click.group("config")
def command() -> None:
    """Show the configuration, or the JSON Schema of the configuration file."""


@command.command("show")
@click.argument("path", default=".", metavar="[PATH]")
@config_option
def show_settings(path: str, config: Path | None) -> None:
    """Show the configuration that applies to PATH (default: the current folder), and its file."""
    settings = read_settings(config) if config else find_settings([path])
    where = sanitize(str(settings.file)) if settings.file else "no configuration file found; these are the defaults"
    show(f"# {where}\n{to_toml(settings)}", nl=False)


@command.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of aind-lint.toml, for editors."""
    show(json.dumps(json_schema(), indent=2))
