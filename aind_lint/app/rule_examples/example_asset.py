"""The asset that an example of a rule describes: an edited complete valid asset."""

from __future__ import annotations

import base64
import operator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from aind_lint.app.rule_examples.example_upload import MANIFEST, assembled, jobs_bytes, manifest_bytes
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.asset.upload.job_request import parse_job_request
from aind_lint.asset.upload_assembly import load_job_request, load_upload, preview_jobs
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.rule_format import AddedFile, Example
from aind_lint.examples.bases import base_tree
from aind_lint.examples.format_samples import sized_file
from aind_lint.examples.tree import Tree, dump_json


def read_examples(path: Path) -> list[Example]:
    """The examples in a rule file.

    Raises:
        UsageError: See `read_rule_file`.
    """
    return [Example.model_validate(example) for example in read_rule_file(path)["examples"]]


def example_tree(example: Example) -> Tree:
    """The files that an example describes."""
    tree = base_tree(example.base)
    for reference, value in example.set.items():
        file, _, pointer = reference.partition("#")
        tree.change_value(file, pointer, partial(_set, value))
    for reference in example.unset:
        file, _, pointer = reference.partition("#")
        tree.change_value(file, pointer, operator.delitem)
    for removed in example.remove:
        tree.files = {k: v for k, v in tree.files.items() if k != removed and not k.startswith(f"{removed}/")}
    for key, added in example.add.items():
        tree.files[key] = added_content(key, added)
    tree.links.update(example.link)
    tree.special_files += example.special
    tree.empty_folders += example.folder
    tree.name = example.rename if example.rename is not None else tree.name
    tree.enclosing_asset = example.inside
    _add_neighbors(tree, example)
    return tree


def _add_neighbors(tree: Tree, example: Example) -> None:
    tree.siblings = [replace(base_tree(base), name=name) for name, base in example.sibling.items()]
    for key, added in example.beside.items():
        folder, _, inner = key.partition("/")
        beside = next((sibling for sibling in tree.siblings if sibling.name == folder), Tree(folder, {}))
        beside.files[inner] = added_content(inner, added)
        tree.siblings = [*(sibling for sibling in tree.siblings if sibling is not beside), beside]
    tree.hard_links.update(example.hard_link)
    for key, target in example.hard_link.items():
        owner, _, theirs = target.partition("/")
        tree.files[key] = next(sibling.files[theirs] for sibling in tree.siblings if sibling.name == owner)


def example_asset(example: Example) -> Asset:
    """The asset of an example, in memory."""
    if jobs := jobs_bytes(example):
        return preview_jobs(parse_job_request(jobs[1], Path(jobs[0])))
    tree = example_tree(example)
    return Asset(tree.listing()) if example.manifest is None else assembled(tree, example.manifest)


def write_example(example: Example, folder: Path) -> Asset:
    """The asset of an example, written to disk and read from there.

    Raises:
        OSError: The file system does not support it.
    """
    if jobs := jobs_bytes(example):
        (folder / jobs[0]).write_bytes(jobs[1])
        return load_job_request(folder / jobs[0])
    tree = example_tree(example)
    root = tree.write(folder)
    if example.manifest is None:
        return Asset(scan_folder(root))
    path = root / MANIFEST
    path.write_bytes(manifest_bytes(tree, example.manifest))
    return load_upload(path)


def added_content(key: str, added: AddedFile) -> bytes | int:
    """The content of a file that an example adds; a number means that many zero bytes."""
    if added.size is not None:
        return sized_file(key, added.size) or added.size
    if added.text is not None:
        return added.text.encode("utf-8")
    return base64.b64decode(added.base64) if added.base64 is not None else dump_json(added.json_)


def _set(value: Any, parent: Any, key: Any) -> None:
    parent[key] = value
