"""The file a configuration stands in: where it is looked for, and how it is read."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aind_lint.asset.discovery import is_owning_asset
from aind_lint.bucket.address import is_s3
from aind_lint.config.settings import SETTINGS, Settings
from aind_lint.errors import UsageError, os_error_reason

FILE_NAME = "aind-lint.toml"
_PYPROJECT = "pyproject.toml"


def find_settings(paths: Iterable[str]) -> Settings:
    """The configuration that applies to what a user named; the default one when there is none.

    Raises:
        UsageError: The paths have different configurations, or it is wrong.
    """
    folders: dict[Path | None, str] = {}
    for path in paths:
        folders.setdefault(_start(Path() if is_s3(path) else Path(path)), path)
    files = {folder and _nearest(folder): path for folder, path in folders.items()}
    if len(files) > 1:
        said = "; ".join(f"{path}: {display_path(file) if file else 'none'}" for file, path in files.items())
        raise UsageError(f"the paths have different configurations ({said}); check them apart, or name one by --config")
    file = next(iter(files), None)
    return read_settings(file) if file else Settings()


def find_config_file(path: Path) -> Path | None:
    """The nearest configuration at or above a path, but never one inside an asset.

    What an asset holds was written by whoever made it, and does not decide how it is judged.
    """
    folder = _start(path)
    return folder and _nearest(folder)


def _start(path: Path) -> Path | None:
    """The folder to begin at; None for what is no path at all, or a loop of links: whoever reads it says so."""
    try:
        here = path.resolve()
        return here if here.is_dir() else here.parent
    except (OSError, ValueError, RuntimeError):
        return None


def _nearest(folder: Path) -> Path | None:
    folders = [folder, *folder.parents]
    outermost = next((number for number in reversed(range(len(folders))) if is_owning_asset(folders[number])), -1)
    for candidate in folders[outermost + 1 :]:
        own, shared = candidate / FILE_NAME, candidate / _PYPROJECT
        has_own, has_shared = own.is_file(), shared.is_file() and b"aind-lint" in _read(shared)
        if has_shared and "aind-lint" in _parse(shared).get("tool", {}):
            if has_own:
                raise UsageError(f"both {display_path(own)} and {_PYPROJECT} beside it hold a configuration; keep one")
            return shared
        if has_own:
            return own
    return None


def read_settings(file: Path) -> Settings:
    """The configuration in a file.

    Raises:
        UsageError: It cannot be read, is not TOML, or holds what a configuration does not have.
    """
    content, table = _parse(file), "suppressions"
    if file.name == _PYPROJECT:
        content, table = content.get("tool", {}).get("aind-lint"), f"tool.aind-lint.{table}"
        if content is None:
            raise UsageError(f"{display_path(file)} has no table [tool.aind-lint]")
    try:
        settings = SETTINGS.parse(content, "")
    except UsageError as error:
        raise UsageError(f"{display_path(file)}: {error}") from None
    lines = _lines_of(table, _read(file).decode("utf-8"))
    if len(lines) != len(settings.suppressions):
        lines = [None] * len(settings.suppressions)  # written in one line, where no place is sure
    folder = file.resolve().parent
    return replace(
        settings,
        file=file,
        extend_rules=tuple(_beside(folder, rules) for rules in settings.extend_rules),
        bucket=settings.bucket and (settings.bucket if is_s3(settings.bucket) else _beside(folder, settings.bucket)),
        baseline=settings.baseline and _beside(folder, settings.baseline),
        suppressions=tuple(replace(one, line=line) for one, line in zip(settings.suppressions, lines, strict=True)),
    )


def display_path(path: Path) -> str:
    """A path as a person reads it: from the current folder when it lies below that, else whole; with ``/``."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _beside(folder: Path, path: str) -> str:
    return display_path(Path(os.path.normpath(folder / path)))


def _lines_of(table: str, text: str) -> list[int | None]:
    """The lines at which tables of that name begin."""
    header = re.compile(rf"^\s*\[\[\s*{re.escape(table)}\s*\]\]", re.MULTILINE)
    return [text.count("\n", 0, match.end()) + 1 for match in header.finditer(text)]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {display_path(file)}: {os_error_reason(error)}") from None


def _parse(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        content: dict[str, Any] = tomllib.loads(_read(file).decode("utf-8"))
        return content
    except UnicodeDecodeError:
        raise UsageError(f"{display_path(file)}: the file is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error) or "too deeply nested"
        raise UsageError(f"{display_path(file)}: not TOML: {reason[0].lower()}{reason[1:]}") from None
