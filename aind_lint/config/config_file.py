"""The file of a configuration: finding, parsing and writing it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from aind_lint.asset.discovery import is_owning_asset
from aind_lint.bucket.address import is_s3
from aind_lint.config.settings import Settings
from aind_lint.errors import UsageError, os_error_reason

FILE_NAME = "aind-lint.toml"
_PYPROJECT = "pyproject.toml"


def find_settings(paths: Iterable[str]) -> Settings:
    """The nearest configuration at or above paths and addresses; the default settings when there is none.

    A configuration inside an asset does not count: an asset must not decide how it is checked.

    Raises:
        UsageError: The paths have different configurations, or a configuration is invalid.
    """
    folders: dict[Path | None, str] = {}
    for path in paths:
        folders.setdefault(_start_folder(Path() if is_s3(path) else Path(path)), path)
    files = {folder and _nearest(folder): path for folder, path in folders.items()}
    if len(files) > 1:
        found = "; ".join(f"{path}: {display_path(file) if file else 'none'}" for file, path in files.items())
        raise UsageError(
            f"the paths have different configurations ({found}); check them separately, or choose one with --config"
        )
    file = next(iter(files), None)
    return read_settings(file) if file else Settings()


def _start_folder(path: Path) -> Path | None:
    """The folder at which the search starts; None for an invalid path or a loop of links, which discovery reports."""
    try:
        resolved = path.resolve()
        return resolved if resolved.is_dir() else resolved.parent
    except (OSError, ValueError, RuntimeError):
        return None


def _nearest(folder: Path) -> Path | None:
    folders = [folder, *folder.parents]
    outermost = next((number for number in reversed(range(len(folders))) if is_owning_asset(folders[number])), -1)
    for candidate in folders[outermost + 1 :]:
        own, pyproject = candidate / FILE_NAME, candidate / _PYPROJECT
        has_own, mentions_tool = own.is_file(), pyproject.is_file() and b"aind-lint" in _read(pyproject)
        if mentions_tool and "aind-lint" in _parse(pyproject).get("tool", {}):
            if has_own:
                both = f"{display_path(own)} and {display_path(pyproject)}"
                raise UsageError(f"both {both} contain a configuration; remove one of them")
            return pyproject
        if has_own:
            return own
    return None


def read_settings(file: Path) -> Settings:
    """Read the configuration in a file.

    Raises:
        UsageError: The file cannot be read, is not TOML, or has an unknown key or an invalid value.
    """
    from aind_lint.config.settings_format import SETTINGS  # most runs have no configuration

    content, table = _parse(file), "suppressions"
    if file.name == _PYPROJECT:
        content, table = content.get("tool", {}).get("aind-lint"), f"tool.aind-lint.{table}"
        if content is None:
            raise UsageError(f"{display_path(file)} has no table [tool.aind-lint]")
    try:
        settings = SETTINGS.parse(content, "")
    except UsageError as error:
        raise UsageError(f"{display_path(file)}: {error}") from None
    lines = _lines_of(table, _read(file).decode("utf-8-sig"))
    if len(lines) != len(settings.suppressions):
        lines = [None] * len(settings.suppressions)  # inline tables, whose lines are not known
    folder = file.resolve().parent
    return replace(
        settings,
        file=file,
        extend_rules=tuple(_resolve(folder, rules) for rules in settings.extend_rules),
        bucket=settings.bucket and (settings.bucket if is_s3(settings.bucket) else _resolve(folder, settings.bucket)),
        baseline=settings.baseline and _resolve(folder, settings.baseline),
        suppressions=tuple(one._replace(line=line) for one, line in zip(settings.suppressions, lines, strict=True)),
    )


def display_path(path: Path) -> str:
    """A path as messages show it: relative to the current folder if it is below that, else unchanged; with ``/``."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _resolve(folder: Path, path: str) -> str:
    return display_path(Path(os.path.normpath(folder / path)))


def _lines_of(table: str, text: str) -> list[int | None]:
    """The line numbers of the headers ``[[table]]``."""
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
        content: dict[str, Any] = tomllib.loads(_read(file).decode("utf-8-sig"))
        return content
    except UnicodeDecodeError:
        raise UsageError(f"{display_path(file)}: the file is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error) or "too deeply nested"
        raise UsageError(f"{display_path(file)}: invalid TOML: {reason[0].lower()}{reason[1:]}") from None


def to_toml(settings: Settings) -> str:
    """The settings as TOML, with every key that has a value."""
    import tomli_w  # needed only to show a configuration

    values = {field.name.replace("_", "-"): getattr(settings, field.name) for field in fields(settings)}
    text = tomli_w.dumps(_to_table(values))
    # Escape every character that could control a terminal.
    return "".join(char if char.isprintable() or char == "\n" else f"\\U{ord(char):08x}" for char in text)


def _to_table(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _to_value(value)
        for key, value in values.items()
        if key not in ("file", "line") and value not in (None, ())
    }


def _to_value(value: Any) -> Any:
    if hasattr(value, "_asdict"):  # a named tuple
        return _to_table(value._asdict())
    return [_to_value(item) for item in value] if isinstance(value, tuple) else value
