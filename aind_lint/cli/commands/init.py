"""``aind-lint init``."""

from __future__ import annotations

from pathlib import Path

import click

from aind_lint._version import __version__
from aind_lint.app.repo_init import WORKFLOW, adopt
from aind_lint.cli.terminal import show
from aind_lint.errors import UsageError


@click.command("init", short_help="Write configuration, hooks and workflow for this repository.")
@click.option(
    "--rev",
    default=f"v{__version__}",
    show_default=True,
    metavar="REV",
    help="The release of aind-lint that hooks and workflow use.",
)
def command(rev: str) -> None:
    """Write what this repository needs to be checked: aind-lint.toml, the hooks for pre-commit, and a workflow.

    What is there already is left as it is.
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    if root is None:
        raise UsageError("this is no git repository; run 'git init' first, or change into one")
    steps = adopt(root, rev, _branch(root))
    for step in steps:
        show(f"{step.file}: {step.done}")
        if step.to_do:
            show(f"\n{step.to_do}")
    show(f"\nNext: 'pre-commit install' checks every commit; commit {WORKFLOW} to check pull requests.")


def _branch(root: Path) -> str:
    """The branch that is checked out, where git says it in a file; a worktree says it elsewhere."""
    head = root / ".git" / "HEAD"
    reference = head.read_text(encoding="utf-8").strip() if head.is_file() else ""
    branch = reference.removeprefix("ref: refs/heads/")
    return branch if branch in ("main", "master", "dev", "develop") else "main"
