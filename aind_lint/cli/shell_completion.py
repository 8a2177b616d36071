"""Shell completion of arguments. Its imports are light, since every command loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_paths(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The ids and names of rules that begin with ``incomplete``."""
    from aind_lint.engine.rules.rule_catalog import rule_files, split_file_name

    names = (name for path in rule_files() for name in split_file_name(path))
    return [name for name in names if name.startswith(incomplete)]
