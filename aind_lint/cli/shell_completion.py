"""What a shell offers for an argument; imports nothing that a light command does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_paths(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell, which knows its files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The ids and names of rules that begin with what is typed, for the shell's completion."""
    from aind_lint.engine.rules.rule_catalog import rule_files, split_file_name

    words = (word for path in rule_files() for word in split_file_name(path))
    return [word for word in words if word.startswith(incomplete)]
