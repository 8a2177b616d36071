"""Planting faults into the example assets, as ``mechanical.yaml`` and ``meaning.yaml`` describe them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from aind_lint.app.fix import AssetFix, FixOptions
from aind_lint.app.fix_targets import FixTarget
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree, dump_json


def fix_of(asset: Path, options: FixOptions | None = None) -> AssetFix:
    """The fix of one asset."""
    return AssetFix(FixTarget(str(asset), asset), options or FixOptions())


def read_faults(table: str) -> list[dict[str, Any]]:
    """The faults of a table: ``mechanical`` or ``meaning``."""
    text = Path(__file__).with_name(f"{table}.yaml").read_text(encoding="utf-8")
    faults: list[dict[str, Any]] = yaml.safe_load(text)
    return faults


def plant(fault: dict[str, Any]) -> Tree:
    """An asset with one kind of fault."""
    tree = _with_path() if fault["base"] == "derived-path" else base_tree(fault["base"])
    for edit in fault["edits"]:
        kind, arguments = next(iter(edit.items()))
        _EDITS[kind](tree, arguments, edit)
    for number in range(fault.get("many", 0)):
        tree.files[f"behavior/{number}/.DS_Store"] = b"x"
    return tree


def _with_path() -> Tree:
    """A raw asset whose quality control refers to a file in a modality folder."""
    tree = base_tree("raw-1x")
    quality = _data(tree, "quality_control.json")
    quality["evaluations"][0]["metrics"][0]["reference"] = "Behavior/trials.csv"
    tree.files["quality_control.json"] = dump_json(quality)
    return tree


def _data(tree: Tree, file: str) -> Any:
    return json.loads(_bytes(tree, file))


def _bytes(tree: Tree, file: str) -> bytes:
    content = tree.files[file]
    assert isinstance(content, bytes)
    return content


def _in_text(change: Callable[[str, Any], str]) -> Callable[[Tree, Any, dict[str, Any]], None]:
    def edit(tree: Tree, arguments: Any, edit: dict[str, Any]) -> None:
        items = arguments.items() if isinstance(arguments, dict) else [(arguments, None)]
        for file, argument in items:
            before = _bytes(tree, file).decode("utf-8")
            after = change(before, argument)
            assert after != before, (file, argument)
            tree.files[file] = after.encode("utf-8")

    return edit


def _replace(text: str, argument: Any) -> str:
    assert argument[0] in text, argument
    return text.replace(argument[0], argument[1], 1)


def _repeat(text: str, key: str) -> str:
    """Repeat a member of the root object at its end, with another layout."""
    value = json.dumps(json.loads(text)[key], indent=5)
    end = text.rindex("}")
    return f'{text[:end].rstrip()},\n\n  "{key}" :  {value}\n{text[end:]}'


def _trailing(text: str, argument: Any) -> str:
    end = text.rindex("}")
    return f"{text[:end].rstrip()},{text[len(text[:end].rstrip()) : end]}{text[end:]}"


def _move(tree: Tree, arguments: Any, edit: dict[str, Any]) -> None:
    for old, new in arguments.items():
        tree.files = {
            new + key[len(old) :] if f"{key}/".startswith(f"{old}/") else key: content
            for key, content in tree.files.items()
        }


def _set(tree: Tree, arguments: Any, edit: dict[str, Any]) -> None:
    for reference, value in arguments.items():
        file, _, pointer = reference.partition("#")
        tree.change_value(file, pointer, partial(_set_value, value))


def _set_value(value: Any, parent: Any, key: Any) -> None:
    parent[key] = value


def _encode(tree: Tree, arguments: Any, edit: dict[str, Any]) -> None:
    for file, encoding in arguments.items():
        mark = bytes.fromhex(edit.get("bom", ""))
        tree.files[file] = mark + _bytes(tree, file).decode("utf-8").encode(encoding)


def _bytes_in(tree: Tree, arguments: Any, edit: dict[str, Any]) -> None:
    for file, (old, new) in arguments.items():
        assert old.encode() in _bytes(tree, file)
        tree.files[file] = _bytes(tree, file).replace(old.encode(), bytes.fromhex(new), 1)


def _modality(tree: Tree, arguments: Any, edit: dict[str, Any]) -> None:
    data = _data(tree, "data_description.json")
    data["modalities"].append(arguments)
    tree.files["data_description.json"] = dump_json(data)


_EDITS: dict[str, Callable[[Tree, Any, dict[str, Any]], None]] = {
    "mark": lambda tree, file, edit: tree.files.update({file: b"\xef\xbb\xbf" + _bytes(tree, file)}),
    "encode": _encode,
    "replace": _in_text(_replace),
    "regex": _in_text(lambda text, argument: re.sub(argument[0], argument[1], text, count=1)),
    "regex_all": _in_text(lambda text, argument: re.sub(argument[0], argument[1], text)),
    "repeat": _in_text(_repeat),
    "trailing": _in_text(_trailing),
    "crlf": _in_text(lambda text, argument: text.replace("\n", "\r\n")),
    "minify": _in_text(lambda text, argument: json.dumps(json.loads(text), separators=(",", ":"))),
    "move": _move,
    "add": lambda tree, files, edit: tree.files.update({key: text.encode() for key, text in files.items()}),
    "bytes": _bytes_in,
    "remove": lambda tree, file, edit: tree.files.__delitem__(file),
    "copy": lambda tree, files, edit: tree.files.update({new: tree.files[old] for old, new in files.items()}),
    "link": lambda tree, links, edit: tree.links.update(links),
    "name": lambda tree, name, edit: setattr(tree, "name", name),
    "set": _set,
    "modality": _modality,
}
