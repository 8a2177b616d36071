r"""Paths as the disk has them, where a system is lenient about how users write them.

Windows and macOS ignore case. Windows also accepts short names (``ECEPHY~1``), drops dots and spaces at the end of a
name, and gives some names to devices (``con.txt``). A path that begins with ``\\?\`` is taken literally instead, and
may have more than 260 characters. Source: "Naming Files, Paths, and Namespaces", learn.microsoft.com.
"""

from __future__ import annotations

import os
from pathlib import Path

_WINDOWS = os.name == "nt"
_LITERAL, _LITERAL_SHARE = "\\\\?\\", "\\\\?\\UNC\\"
#: Characters of the longest path of a folder that Windows opens by default: a file name of 12 must fit after it.
_MAX_ORDINARY = 247


def path_on_disk(path: Path) -> Path:
    """The path with its last name as the disk spells it; unchanged if there is nothing at the path.

    A link keeps its own name. On Windows the path can be opened whatever its length.
    """
    if _WINDOWS:
        path = readable_path(path)
        if len(str(path.absolute())) > _MAX_ORDINARY:
            path = Path(literal_path(path))
    if path.name in ("", "..") or not _may_be_spelled_otherwise(path):
        return path
    try:
        names = os.listdir(path.parent)  # noqa: PTH208 - only the names are needed
    except OSError:
        return path
    if path.name in names:
        return path
    folded = path.name.casefold()
    name = next((name for name in names if name.casefold() == folded), None)
    return path.with_name(name or Path(os.path.realpath(path)).name)


def _may_be_spelled_otherwise(path: Path) -> bool:
    """Whether the disk may have another spelling: always on Windows, elsewhere if the disk ignores case."""
    if _WINDOWS:
        return os.path.lexists(path)
    other = path.name.swapcase()
    return other != path.name and os.path.lexists(path.with_name(other)) and os.path.lexists(path)


def literal_path(path: Path) -> str:
    r"""On Windows the absolute path, to be taken literally: ``\\?\D:\data``. On other systems the path."""
    if not _WINDOWS:
        return str(path)
    text = os.path.abspath(path)  # noqa: PTH100 - it resolves "..", which a literal path cannot contain
    if text.startswith(_LITERAL):
        return text
    return _LITERAL_SHARE + text[2:] if text.startswith("\\\\") else _LITERAL + text


def readable_path(path: Path) -> Path:
    r"""The path as people write it: on Windows without ``\\?\``, unless it names a volume without a letter."""
    text = str(path)
    if not _WINDOWS or not text.startswith(_LITERAL):
        return path
    share = text.startswith(_LITERAL_SHARE)
    plain = Path("\\\\" + text.removeprefix(_LITERAL_SHARE) if share else text.removeprefix(_LITERAL))
    return plain if plain.is_absolute() else path


def path_of_key(root: str, key: str) -> str:
    """The path of a key, which contains ``/``, below a literal path."""
    return f"{root}{os.sep}{key.replace('/', os.sep)}" if _WINDOWS else f"{root}/{key}"


def is_below(path: Path, root: Path) -> bool:
    """Whether a path is a folder, or is below it, wherever links lead."""
    try:
        real, real_root = path.resolve(), root.resolve()
        if real == real_root or real_root in real.parents:
            return True
        # Where names differ only in case, or one folder is mounted twice, only its identity shows that it is the same.
        return any(parent.exists() and parent.samefile(real_root) for parent in [real, *real.parents])
    except (OSError, ValueError, RuntimeError):  # no such folder, a null character, links that form a cycle
        return False
