"""The plan of a fix: every rename and every edit, with hashes before and after. It is written before the first change.

The plan is the file ``plan.json`` in ``.aind-lint-fix/<time>/`` beside the asset. It may be read after a crash, by
another user or on another computer, so nothing in it is trusted: keys cannot lead out of the asset or of that folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from aind_lint._version import __version__
from aind_lint.errors import NOT_SUPPORTED, UsageError

FORMAT_VERSION = 1

#: The name of the asset in a plan for a sidecar outside any asset: the folder that contains the record.
THIS_FOLDER = "."

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
#: What can lead out of a folder; elsewhere than on Windows, backslashes and colons are characters of names.
_UNSAFE = re.compile(r"[\x00\\:]" if os.name == "nt" else r"\x00")


@dataclass(frozen=True)
class Operation:
    """One change on disk. Operations are made in order, and undone in the reverse order.

    Attributes:
        action: ``move`` a file or folder out of the asset, ``rename`` it, or ``edit`` a file.
        rules: The rules whose findings this fixes.
        origin: The key before all operations.
        key: The key when this operation is made.
        final: The key after all operations; of what is moved away, the key that it would have.
        to: The new key of what is renamed.
        through: A temporary key on the way to a name that differs only in case.
        kept: Where in the folder of the fix a file or folder is moved to, or the file before an edit is kept.
        new: Where in the folder of the fix the content after an edit is.
        files: The number of files concerned.
        size: Their total size in bytes, before.
        before: SHA-256 of the file before; of a folder that is moved, of the names and sizes of its files; None of a
            folder that is renamed.
        after: SHA-256 of the file after; as ``before`` unless it is edited.
    """

    action: Literal["move", "rename", "edit"]
    rules: tuple[str, ...]
    origin: str
    key: str
    final: str
    to: str | None = None
    through: str | None = None
    kept: str | None = None
    new: str | None = None
    files: int = 1
    size: int = 0
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class FixPlan:
    """All changes of one asset.

    Attributes:
        asset: The name of the folder before.
        new_name: Its new name; None if it keeps its name.
        created: When the plan was made, ISO 8601 in UTC.
        operations: The changes in the folder, in order. The folder itself is renamed last.
        renaming_rules: The rules whose findings the new name fixes.
    """

    asset: str
    new_name: str | None
    created: str
    operations: tuple[Operation, ...]
    renaming_rules: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the folder has before and after."""
        return (self.asset,) if self.new_name is None else (self.asset, self.new_name)

    def to_json(self) -> str:
        """The plan as a JSON text."""
        content = {"format_version": FORMAT_VERSION, "tool": f"aind-lint {__version__}", **asdict(self)}
        return json.dumps(content, indent=1) + "\n"


def parse_plan(raw: bytes, where: str) -> FixPlan:
    """The plan in a file.

    Args:
        raw: The content of the file.
        where: The file, for messages.

    Raises:
        UsageError: It is not a plan, or a plan of a later version.
    """
    try:
        content = json.loads(raw)
        if content["format_version"] != FORMAT_VERSION:
            raise UsageError(f"{where} has format version {content['format_version']!r}, which {NOT_SUPPORTED}")
        plan = FixPlan(
            content["asset"],
            content["new_name"],
            content["created"],
            tuple(_operation(operation) for operation in content["operations"]),
            tuple(content["renaming_rules"]),
        )
        datetime.fromisoformat(plan.created)
        is_named = all(_is_safe(name) and "/" not in name for name in plan.names)
        if not is_named and plan.names != (THIS_FOLDER,):
            raise ValueError
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        raise UsageError(
            f"{where} is not a plan of aind-lint, so this fix can be neither finished nor undone; if it is of no asset "
            "here, move its folder elsewhere"
        ) from None
    return plan


def _operation(content: dict[str, Any]) -> Operation:
    operation = Operation(**{**content, "rules": tuple(content["rules"])})
    keys = (operation.origin, operation.key, operation.final)
    others = (operation.to, operation.through, operation.kept, operation.new)
    needed = {"move": (operation.kept,), "rename": (operation.to,), "edit": (operation.kept, operation.new)}
    hashes = [one for one in (operation.before, operation.after) if one is not None]
    if (
        not all(map(_is_safe, keys))
        or not all(other is None or _is_safe(other) for other in others)
        or None in needed[operation.action]
        or not all(_SHA256.fullmatch(one) for one in hashes)
        or (operation.action == "edit" and len(hashes) != 2)
    ):
        raise ValueError(operation)
    return operation


def _is_safe(key: str) -> bool:
    """Whether a key stays in its folder."""
    path = PurePosixPath(key)
    is_plain = _UNSAFE.search(key) is None
    return is_plain and not path.is_absolute() and path.as_posix() == key and ".." not in path.parts and key != "."


def folder_digest(files: Sequence[tuple[str, int]], folder: str) -> str:
    """SHA-256 of the names and sizes of the files in a folder, whatever its own name.

    Args:
        files: Keys and sizes, sorted.
        folder: The key of the folder.
    """
    digest = hashlib.sha256()
    for key, size in files:
        digest.update(f"{key[len(folder) :]}\0{size}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
