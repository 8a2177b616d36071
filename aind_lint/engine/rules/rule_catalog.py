"""Finds rule files. Imports little, because every start uses it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from aind_lint.errors import UsageError
from aind_lint.system.package_data import rules_folder


@cache
def rules_root() -> Path:
    """The folder of the rules that ship with the tool."""
    return Path(rules_folder())


def rule_files(extra: Iterable[Path] = ()) -> list[Path]:
    """Every rule file, the shipped ones first, each part sorted.

    Raises:
        UsageError: See `shipped_rule_files` and `extra_rule_files`.
    """
    return [*shipped_rule_files(), *extra_rule_files(extra)]


def shipped_rule_files() -> list[Path]:
    """The files of the rules that ship with the tool.

    Raises:
        UsageError: There are none.
    """
    files = sorted(rules_root().glob("*/*.yaml"), key=lambda path: path.name)
    if not files:
        raise UsageError(f"no rules found in {rules_root()}; the installation is incomplete")
    return files


def extra_rule_files(folders: Iterable[Path]) -> list[Path]:
    """The files of a user's own rules.

    Raises:
        UsageError: A folder does not exist or contains no rule.
    """
    files: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"the rule folder {folder} does not exist")
        found = (path for path in folder.rglob("*") if path.suffix.lower() in (".yaml", ".yml"))
        own = sorted(found, key=lambda path: path.parts)  # paths of Windows sort without regard to case
        if not own:
            raise UsageError(f"the rule folder {folder} contains no rule file (*.yaml)")
        files += own
    return files


def split_file_name(path: Path) -> tuple[str, str]:
    """Id and name of a rule, from the name of its file: ``CON103-subject-mismatch.yaml``.

    Raises:
        UsageError: The file has another kind of name.
    """
    match = re.fullmatch(r"(?P<id>[A-Z]{3}[0-9]{3})-(?P<name>[a-z0-9-]+)\.yaml", path.name)
    if match is None:
        raise UsageError(f"{path}: a rule file is named <ID>-<name>.yaml, such as CON103-subject-mismatch.yaml")
    return match["id"], match["name"]
