"""Steps of fixes that change a value of a JSON file or of an upload."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from aind_lint.finding import Finding
from aind_lint.text.json_position import join_pointer, split_pointer
from tests.examples.situation import NotFollowableError, Situation


def change(situation: Situation, file: str | None, pointer: str | None, how: Callable[[Any, Any], None]) -> None:
    """Change what contains a value, given the value's name or index in it."""
    try:
        if file == situation.upload_file and situation.upload is not None:
            parent: Any = situation.upload
            *parents, last = split_pointer(pointer or "")
            for part in parents:
                parent = parent[int(part)] if isinstance(parent, list) else parent[part]
            how(parent, int(last) if isinstance(parent, list) else last)
        else:
            situation.tree.change_value(str(file), pointer or "", how)
    except (LookupError, ValueError, TypeError) as error:
        raise NotFollowableError(f"{file} {pointer}: {error!r}") from error


def set_value(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    def how(parent: Any, key: Any) -> None:
        parent[key] = json.loads(match["value"])

    for pointer in [match["pointer"], *(match["others"] or "").split(", ")]:
        if pointer:
            change(situation, match["file"], pointer, how)


def add_value(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    def how(parent: Any, key: Any) -> None:
        parent.setdefault(key, []).append(json.loads(match["value"]))

    change(situation, match["file"], match["pointer"], how)


def remove_element(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    def how(parent: Any, key: Any) -> None:
        parent[key].remove(json.loads(match["value"]))

    change(situation, match["file"], match["pointer"], how)


def remove_value(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    change(situation, match["file"], match["pointer"], lambda parent, key: parent.__delitem__(key))


def remove_shown(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    parts = split_pointer(finding.location.pointer or "")
    if not any(part.isdigit() for part in parts):
        raise NotFollowableError("no list")
    while not parts[-1].isdigit():
        parts = parts[:-1]
    pointer = join_pointer(parts)
    change(situation, finding.location.file, pointer, lambda parent, key: parent.__delitem__(key))


def rename_field(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    def how(parent: Any, key: Any) -> None:
        parent[match["name"]] = parent.pop(key)

    change(situation, match["file"], match["pointer"], how)


def type_again(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    def how(parent: Any, key: Any) -> None:
        visible = "".join(one for one in parent[key] if unicodedata.category(one) != "Cf")
        if visible == parent[key]:
            raise NotFollowableError("nothing invisible")
        parent[key] = visible

    change(situation, finding.location.file, finding.location.pointer, how)


def sort_history(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    def how(parent: Any, key: Any) -> None:
        parent[key].sort(key=lambda entry: entry["timestamp"])

    history = split_pointer(finding.location.pointer or "")[:-2]
    change(situation, finding.location.file, join_pointer(history), how)
