"""Reads rule files without validating them; imports little, for ``explain``."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from aind_lint.engine.rules.rule_catalog import rules_root
from aind_lint.errors import UsageError, os_error_reason

#: All shipped rules in one file of the wheel, because YAML takes fifty times as long to read.
COMPILED = "compiled.json"


def read_rule_file(path: Path) -> dict[str, Any]:
    """The mapping in a rule file.

    Raises:
        UsageError: The file cannot be read or is not YAML.
    """
    if path.parent.parent == rules_root() and path.name in _compiled():
        rule: dict[str, Any] = copy.deepcopy(_compiled()[path.name])
        return rule
    return _read_yaml(path)


@cache
def _compiled() -> dict[str, Any]:
    file = rules_root() / COMPILED
    rules: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return rules


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    from aind_lint.text.yaml_reader import describe_yaml_error

    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _strict_loader())  # noqa: S506 - a safe loader
    except OSError as error:
        raise UsageError(f"{path}: {os_error_reason(error)}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the file is not UTF-8") from None
    except yaml.YAMLError as error:
        raise UsageError(describe_yaml_error(error, path)) from None
    except (ValueError, RecursionError) as error:  # an impossible date; a thousand brackets
        raise UsageError(f"{path}: not YAML: {error}") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path}: the file contains no rule")
    return content


@cache
def _strict_loader() -> Any:
    """The safe loader, refusing a key that occurs twice."""
    import yaml

    from aind_lint.text.yaml_reader import UniqueKeysMixin

    class Loader(UniqueKeysMixin, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    return Loader
