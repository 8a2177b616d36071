"""Following the fix of a finding to the letter, as a user would: renaming, setting, adding, removing, replacing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree

_FILE = r"(?P<file>[\w.-]+\.json)"
_POINTER = r"(?P<pointer>/[^\s]*)"


def follow(fix: str, tree: Tree, base: str) -> Tree | None:
    """The asset after every step of a fix.

    Args:
        fix: The fix, such as ``Rename the folder to X, and set /name in data_description.json to "X"``.
        tree: The asset.
        base: The valid asset, from which a sidecar is taken that must be replaced by the right one.

    Returns:
        None if a step is none that can be followed without thinking, such as "Correct the start or end time".
    """
    tree = replace(tree, files=dict(tree.files), empty_folders=list(tree.empty_folders))
    for step in re.split(r", and (?=set |rename |replace |remove |add )", fix):
        for pattern, apply in _STEPS:
            if match := re.fullmatch(pattern, step):
                apply(tree, match, base)
                break
        else:
            return None
    return tree


def _rename_asset(tree: Tree, match: re.Match[str], base: str) -> None:
    tree.name = match["name"]


def _move(tree: Tree, match: re.Match[str], base: str) -> None:
    old, new = match["old"], match["new"]
    tree.files = {
        new + key[len(old) :] if key == old or key.startswith(f"{old}/") else key: content
        for key, content in tree.files.items()
    }


def _set(tree: Tree, match: re.Match[str], base: str) -> None:
    def change(parent: Any, key: Any) -> None:
        parent[key] = json.loads(match["value"])

    tree.change_value(match["file"], match["pointer"], change)


def _add(tree: Tree, match: re.Match[str], base: str) -> None:
    def change(parent: Any, key: Any) -> None:
        parent.setdefault(key, []).append(json.loads(match["value"]))

    tree.change_value(match["file"], match["pointer"], change)


def _remove(tree: Tree, match: re.Match[str], base: str) -> None:
    def change(parent: Any, key: Any) -> None:
        del parent[key]

    tree.change_value(match["file"], match["pointer"], change)


def _rename_field(tree: Tree, match: re.Match[str], base: str) -> None:
    def change(parent: Any, key: Any) -> None:
        parent[match["name"]] = parent.pop(key)

    tree.change_value(match["file"], match["pointer"], change)


def _replace_files(tree: Tree, match: re.Match[str], base: str) -> None:
    right = base_tree(base).files
    for file in re.split(r", | and ", match["files"]):
        tree.files[file] = right[file]


#: Steps that need no thought, with what they do.
_STEPS: list[tuple[str, Callable[[Tree, re.Match[str], str], None]]] = [
    (r"[Rr]ename the folder to (?P<name>[^\s,<>]+)", _rename_asset),
    (r"[Rr]ename the folder (?P<old>\S+) to (?P<new>[^\s<>]+)", _move),
    (rf'[Rr]ename {_POINTER} in {_FILE} to "(?P<name>[^"]+)"', _rename_field),
    (r"[Rr]ename (?P<old>\S+) to (?P<new>[^\s<>]+)", _move),
    (rf'[Ss]et {_POINTER} in {_FILE} to (?P<value>"[^"]*"|\{{.*\}}|\[.*\])', _set),
    (rf'[Aa]dd (?P<value>"[^"]*"|\{{.*\}}) to {_POINTER} in {_FILE}', _add),
    (rf"[Rr]emove {_POINTER} (?:from|in) {_FILE}", _remove),
    (r"[Rr]eplace (?P<files>[\w., -]+?\.json) with (?:that|those) of .*", _replace_files),
]
