"""Paths relative to the root of the repository, as GitHub expects them."""

from __future__ import annotations

import os
from pathlib import Path

from aind_lint.bucket.address import is_s3


def repository_root() -> Path:
    """The folder that paths are relative to.

    It is GitHub's workspace, else the root of the repository that contains the current folder, else the current folder.
    """
    here = Path.cwd()
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace and here.is_relative_to(Path(workspace).resolve()):
        return Path(workspace).resolve()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def from_root(path: str, root: Path) -> str:
    """A path relative to ``root``; unchanged when it is outside ``root`` or an ``s3://`` address."""
    if is_s3(path):
        return path
    whole = Path(os.path.normpath(Path.cwd() / path))
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else path
