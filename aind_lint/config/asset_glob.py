"""Which assets a glob of the configuration means."""

from __future__ import annotations

import fnmatch
import os
import re
from pathlib import Path

from aind_lint.bucket.address import is_s3


def matches(glob: str, where: str, name: str, folder: Path) -> bool:
    """Whether an asset is meant by a glob.

    Args:
        glob: A pattern with ``*``, ``?`` and ``[…]``; with a ``/`` in it, it is compared with the path, where ``**``
            stands for any number of folders, else with the asset's name.
        where: The asset as the user named it: a path or an ``s3://`` address.
        name: The asset's name.
        folder: The folder of the configuration, from which paths count.
    """
    if "/" not in glob:
        return fnmatch.fnmatchcase(name, glob)
    return _fit(glob.split("/"), (where if is_s3(where) else _path(where, folder)).split("/"))


def is_literal(glob: str) -> bool:
    """Whether a glob names just one asset."""
    return not re.search(r"[*?\[]", glob)


def _path(where: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(Path(where).resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return Path(where).resolve().as_posix()


def _fit(globs: list[str], parts: list[str]) -> bool:
    if not globs:
        return not parts
    glob, *rest = globs
    if glob == "**":
        return any(_fit(rest, parts[skipped:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], glob) and _fit(rest, parts[1:])
