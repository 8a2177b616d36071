"""The shipped rules as JSON: YAML takes fifty times as long to read, and the validation as long again.

A wheel contains them. A checkout writes them into ``rules/__pycache__`` when they were read and validated, as Python
does with modules; the file names the content that it was made of.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from aind_lint.engine.environment import environment_id
from aind_lint.engine.rules.rule_catalog import rules_root

#: The content of every shipped rule file by its name, in one file of the wheel.
COMPILED = "compiled.json"


@cache
def packaged_rules() -> dict[str, Any]:
    """The content of every rule file of a wheel, by its name; empty in a checkout."""
    file = rules_root() / COMPILED
    rules: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return rules


def read_compiled(files: Sequence[Path]) -> dict[str, Any] | None:
    """The validated content of the shipped rules by the names of their files; None if it has to be read from them."""
    if packaged := packaged_rules():
        return packaged
    try:
        content = json.loads(_cache_file().read_bytes())
        rules: dict[str, Any] = content["rules"]
        is_current = content["source"] == _source(files) and rules.keys() == {file.name for file in files}
        return rules if is_current else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def write_compiled(files: Sequence[Path], rules: dict[str, Any]) -> None:
    """Keep the validated content of the rules in a checkout, if the folder can be written."""
    if packaged_rules():
        return
    path = _cache_file()
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        try:
            temporary.write_text(json.dumps({"source": _source(files), "rules": rules}), encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError:
        return  # a folder of another user: the rules are read from their files each time


def _cache_file() -> Path:
    return rules_root() / "__pycache__" / "rules.json"


def _source(files: Sequence[Path]) -> str:
    """A digest of what compiled rules are made of: the rule files, and the code that validates them."""
    digest = hashlib.blake2b(environment_id().encode(), digest_size=16)
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
