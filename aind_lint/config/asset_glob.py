"""Globs of the configuration, which select assets."""

from __future__ import annotations

import os
from pathlib import Path

from aind_lint.bucket.address import is_s3
from aind_lint.text.glob import compile_globs, has_wildcards


def matches(glob: str, where: str, name: str, folder: Path) -> bool:
    """Whether a glob matches an asset.

    Args:
        glob: As in `aind_lint.text.glob`; compared with the path if it contains a ``/``, else with the asset's name.
        where: The asset as the user named it: a path or an ``s3://`` address.
        name: The asset's name.
        folder: The folder of the configuration, to which paths are relative.
    """
    path = name if "/" not in glob else where if is_s3(where) else _path(where, folder)
    return compile_globs((glob,)).fullmatch(path) is not None


def is_literal(glob: str) -> bool:
    """Whether a glob names just one asset."""
    return not has_wildcards(glob)


def _path(where: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(Path(where).resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return Path(where).resolve().as_posix()
