"""Reads rule files without validating them; imports little, for ``explain``."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from aind_lint.engine.rules.compiled_rules import packaged_rules
from aind_lint.engine.rules.rule_catalog import rules_root
from aind_lint.errors import UsageError, os_error_reason


def read_rule_file(path: Path) -> dict[str, Any]:
    """The mapping in a rule file.

    Raises:
        UsageError: The file cannot be read or is not YAML.
    """
    if path.parent.parent == rules_root() and path.name in packaged_rules():
        rule: dict[str, Any] = copy.deepcopy(packaged_rules()[path.name])
        return rule
    return _read_yaml(path)


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
