"""Edits of an asset: what a planted fault does to it, by the words of ``planted.yaml``."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree
from tests.generator.formats import csv_table

#: How a name is put together.
NAME = re.compile(
    r"(?P<raw>(?:(?P<prefix>[A-Za-z0-9-]+)_)?(?P<subject>M?[0-9]+)_(?P<date>[0-9-]{10})_(?P<time>[0-9-]{8}))"
    r"(?:_(?P<label>[A-Za-z0-9-]+)_(?P<made>[0-9-]{10}_[0-9-]{8}))?"
)


class NotApplicableError(LookupError):
    """The asset has nothing that the fault could be planted in."""


def _find(tree: Tree, pattern: str) -> str:
    """The first file of a pattern."""
    for key in sorted(tree.files):
        if fnmatch.fnmatchcase(key, pattern):
            return key
    raise NotApplicableError(pattern)


def _fill(tree: Tree, text: str) -> str:
    """Put the parts of the asset's name in the place of ``{raw}``, ``{subject}`` and so on."""
    parts = NAME.fullmatch(tree.name)
    if parts is None:
        raise NotApplicableError(tree.name)
    known = {key: value or "" for key, value in parts.groupdict().items()}
    if any(f"{{{key}}}" in text for key, value in known.items() if not value):
        raise NotApplicableError(text)
    known["prefix_"] = f"{known['prefix']}_" if known["prefix"] else ""
    known["Label"] = (known["label"] or "").capitalize()
    known["dense"] = f"{known['date']}T{known['time'].replace('-', '')}"
    return text.format(name=tree.name, long="long" * 60, **known)


def _bytes(tree: Tree, key: str) -> bytes:
    content = tree.files[key]
    assert isinstance(content, bytes)
    return content


def _change(tree: Tree, reference: str, change: Any) -> None:
    """Change a value of a sidecar; of several references, with `` or `` between them, the first there is."""
    for one in reference.split(" or "):
        file, _, pointer = one.partition("#")
        if file not in tree.files:
            continue
        try:
            tree.change_value(file, pointer, change)
        except (LookupError, TypeError):
            continue
        return
    raise NotApplicableError(reference)


def _set(tree: Tree, arguments: dict[str, Any]) -> None:
    """Set values; those that are there already are replaced, and objects get new members."""
    for reference, value in arguments.items():
        filled = _fill(tree, value) if isinstance(value, str) and "{" in value else value

        def change(parent: Any, key: Any, filled: Any = filled) -> None:
            if isinstance(parent, list):
                parent[key]  # raises when there is none
            parent[key] = filled

        _change(tree, reference, change)


def _replace(tree: Tree, arguments: dict[str, Any]) -> None:
    """Like set, but only if there is a value already."""

    def change(parent: Any, key: Any, value: Any) -> None:
        if parent[key] is None:
            raise LookupError(key)
        parent[key] = value

    for reference, value in arguments.items():
        _change(tree, reference, lambda parent, key, value=value: change(parent, key, value))


def _append(tree: Tree, arguments: dict[str, Any]) -> None:
    """Add an element to a list."""
    for reference, value in arguments.items():
        filled = _fill(tree, value) if isinstance(value, str) else value
        _change(tree, reference, lambda parent, key, filled=filled: parent[key].append(filled))


def _unset(tree: Tree, references: list[str]) -> None:
    for reference in references:
        _change(tree, reference, lambda parent, key: parent.__delitem__(key))


def _shift(tree: Tree, arguments: dict[str, float]) -> None:
    """Move times by hours, dates by days of 24 of them."""

    def change(parent: Any, key: Any, hours: float) -> None:
        text = parent[key]
        kind = date if len(text) == 10 else datetime
        parent[key] = (kind.fromisoformat(text.replace("Z", "+00:00")) + timedelta(hours=hours)).isoformat()

    for reference, hours in arguments.items():
        _change(tree, reference, lambda parent, key, hours=hours: change(parent, key, hours))


def _rename(tree: Tree, pattern: str) -> None:
    """Rename the asset; the sidecars say the new name too."""
    old, new = tree.name, _fill(tree, pattern)
    if old == new:
        raise NotApplicableError(pattern)
    for key in [key for key in tree.files if "/" not in key]:
        tree.files[key] = _bytes(tree, key).replace(
            json.dumps(old).encode(), json.dumps(new, ensure_ascii=False).encode()
        )
    tree.name = new


def _folder(tree: Tree, pattern: str) -> None:
    """Rename the folder only."""
    tree.name = _fill(tree, pattern)


def _remove(tree: Tree, pattern: str) -> None:
    """Remove all files of a pattern."""
    _find(tree, pattern)
    tree.files = {key: content for key, content in tree.files.items() if not fnmatch.fnmatchcase(key, pattern)}


def _add(tree: Tree, arguments: dict[str, str | int]) -> None:
    """Add files: text, or so many zero bytes."""
    for key, content in arguments.items():
        tree.files[_fill(tree, key)] = content.encode("utf-8") if isinstance(content, str) else content


def _base(tree: Tree, arguments: dict[str, str]) -> None:
    """Add files of the examples' assets: the key, and the name of the base."""
    tree.files |= {key: base_tree(base).files[key] for key, base in arguments.items()}


def _move(tree: Tree, arguments: dict[str, str]) -> None:
    """Move files: a pattern, and what takes the place of a part of it."""
    for pattern, change in arguments.items():
        _find(tree, pattern)
        old, new = change.split(" -> ")
        moved = {
            key.replace(old, new) if fnmatch.fnmatchcase(key, pattern) else key: content
            for key, content in tree.files.items()
        }
        if moved == tree.files:
            raise NotApplicableError(change)
        tree.files = moved


def _copy(tree: Tree, arguments: dict[str, str]) -> None:
    """Copy the first file of a pattern."""
    for pattern, key in arguments.items():
        tree.files[key] = tree.files[_find(tree, pattern)]


def _text(tree: Tree, arguments: dict[str, str]) -> None:
    """Replace text in the first file of a pattern: ``old -> new``, ``^ -> new`` to put something before all."""
    for pattern, change in arguments.items():
        key = _find(tree, pattern)
        old, new = (part.encode("utf-8").decode("unicode_escape").encode("latin-1") for part in change.split(" -> "))
        content = _bytes(tree, key)
        if old not in (b"^", b"$") and old not in content:
            raise NotApplicableError(change)
        tree.files[key] = (
            new + content if old == b"^" else content + new if old == b"$" else content.replace(old, new, 1)
        )


def _resize(tree: Tree, arguments: dict[str, int]) -> None:
    """Cut bytes from the end of the first file of a pattern, or, with a negative number, add some."""
    for pattern, by in arguments.items():
        key = _find(tree, pattern)
        content = _bytes(tree, key)
        tree.files[key] = content[:-by] if by > 0 else content + bytes(-by)


def _rows(tree: Tree, arguments: dict[str, list[int]]) -> None:
    """Drop rows of the first CSV file of a pattern, counted from 0 after the header."""
    for pattern, dropped in arguments.items():
        key = _find(tree, pattern)
        header, *rows = _bytes(tree, key).split(b"\r\n")
        tree.files[key] = b"\r\n".join([header, *(row for at, row in enumerate(rows) if at not in dropped)])


def _table(tree: Tree, arguments: dict[str, list[list[Any]]]) -> None:
    """Put another table in the place of the first CSV file of a pattern."""
    for pattern, (header, *rows) in arguments.items():
        tree.files[_find(tree, pattern)] = csv_table(header, rows)


def _empty(tree: Tree, folders: list[str]) -> None:
    """Add folders that hold nothing."""
    tree.empty_folders += folders


def _needs(tree: Tree, patterns: list[str]) -> None:
    """Only assets that have such files."""
    for pattern in patterns:
        _find(tree, pattern)


def _lacks(tree: Tree, patterns: list[str]) -> None:
    """Only assets that have no such files."""
    for pattern in patterns:
        if any(fnmatch.fnmatchcase(key, pattern) for key in tree.files):
            raise NotApplicableError(pattern)


def _clear(tree: Tree, pattern: str) -> None:
    """Make the first file of a pattern empty."""
    tree.files[_find(tree, pattern)] = b""


def _link(tree: Tree, arguments: dict[str, str]) -> None:
    tree.links.update({key: _fill(tree, target) for key, target in arguments.items()})


#: Every kind of edit, by its word.
EDITS: dict[str, Callable[[Tree, Any], None]] = {
    "set": _set,
    "replace": _replace,
    "append": _append,
    "unset": _unset,
    "shift": _shift,
    "rename": _rename,
    "folder": _folder,
    "remove": _remove,
    "add": _add,
    "base": _base,
    "move": _move,
    "copy": _copy,
    "text": _text,
    "resize": _resize,
    "rows": _rows,
    "table": _table,
    "needs": _needs,
    "lacks": _lacks,
    "clear": _clear,
    "link": _link,
    "empty": _empty,
}
