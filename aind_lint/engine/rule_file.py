"""What a rule file says, without judging it: light enough for ``explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from aind_lint.errors import UsageError


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
