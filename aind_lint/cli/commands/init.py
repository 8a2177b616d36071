"""``aind-lint init``."""

from __future__ import annotations

from pathlib import Path

import click

from aind_lint._version import __version__
from aind_lint.app.editor_init import init_editor
from aind_lint.app.repo_init import CONFIGURATION, WORKFLOW, init_repository
from aind_lint.app.watching.data_roots import missing_data_roots
from aind_lint.cli.terminal import show
from aind_lint.errors import UsageError
from aind_lint.text.sanitize import sanitize


@click.command("init")
@click.option(
    "--rev",
    default=f"v{__version__}",
    show_default=True,
    metavar="REV",
    help="Tag or commit of aind-lint for the hook and the workflow.",
)
def command(rev: str) -> None:
    """Add what checks this repository: aind-lint.toml, a hook for pre-commit, a GitHub workflow, and
    settings and a task for VS Code.

    Existing files are not overwritten. The hook is added to an existing .pre-commit-config.yaml, the
    settings to an existing .vscode/settings.json. The schemas in .vscode/aind-lint are made again.
    """  # noqa: D205
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    if root is None:
        raise UsageError("not in a git repository; change to one, or run 'git init' first")
    steps = [*init_repository(root, rev, _branch(root)), *init_editor(root)]
    for step in steps:
        show(f"{step.file}: {step.result}")
        if step.to_add:
            show(f"\n{step.to_add}")
    if line := missing_data_roots(root):
        show(
            f"\nUpload manifests here name files outside of this folder. For 'aind-lint watch', add to {CONFIGURATION}:"
        )
        show(f"\n[rig]\n{sanitize(line)}")
    show(f"\nThe hook and the workflow use aind-lint {rev}; --rev selects another tag or a commit.")
    show(f"Next: run 'pre-commit install' to check every commit, and commit {WORKFLOW} to check pull requests.")


def _branch(root: Path) -> str:
    """The current branch if it is a usual default branch, else "main". In a git worktree it is not found."""
    head = root / ".git" / "HEAD"
    reference = head.read_text(encoding="utf-8").strip() if head.is_file() else ""
    branch = reference.removeprefix("ref: refs/heads/")
    return branch if branch in ("main", "master", "dev", "develop") else "main"
