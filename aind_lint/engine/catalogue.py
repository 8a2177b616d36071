"""Where rule files are, and what they say, without judging them: light enough for ``explain``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from aind_lint.errors import UsageError

_FILE_NAME = re.compile(r"(?P<id>[A-Z]{3}[0-9]{3})-(?P<name>[a-z0-9-]+)\.yaml")
_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def rules_root() -> Path:
    """The folder of the rules that ship with the tool: inside the package when installed, beside it in a checkout."""
    installed = _PACKAGE / "_rules"
    return installed if installed.is_dir() else _PACKAGE.parent / "rules"


def rule_files(extra: Iterable[Path] = ()) -> list[Path]:
    """Every rule file, the shipped ones first, each part sorted.

    Raises:
        UsageError: A folder of ``extra`` is no folder or holds no rule.
    """
    files = sorted(rules_root().glob("*/*.yaml"), key=lambda path: path.name)
    if not files:
        raise UsageError(f"no rules found in {rules_root()}; the installation is incomplete")
    for folder in extra:
        if not folder.is_dir():
            raise UsageError(f"the rule folder {folder} does not exist")
        own = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".yaml", ".yml"))
        if not own:
            raise UsageError(f"the rule folder {folder} holds no rule file (*.yaml)")
        files += own
    return files


def split_file_name(path: Path) -> tuple[str, str]:
    """Id and name of a rule, from the name of its file: ``CON103-subject-mismatch.yaml``.

    Raises:
        UsageError: The file is not named like that.
    """
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        raise UsageError(f"{path}: a rule file is named <ID>-<name>.yaml, as CON103-subject-mismatch.yaml is")
    return match["id"], match["name"]


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, refusing a key that occurs twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' occurs twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]


def read_rule_file(path: Path) -> dict[str, Any]:
    """The mapping in a rule file.

    Raises:
        UsageError: The file cannot be read or is not YAML.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the file is not UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: {getattr(error, 'problem', None) or 'not YAML'}") from None
    except (ValueError, RecursionError) as error:  # an impossible date; a thousand brackets
        raise UsageError(f"{path}: not YAML: {error}") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path}: the file holds no rule")
    return content
