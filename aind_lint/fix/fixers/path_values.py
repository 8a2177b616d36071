"""Paths in sidecars that lead into a file or folder that gets another name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from aind_lint.asset.asset import Asset
from aind_lint.fix.fixer import EditText
from aind_lint.fix.text_edits import TextEdit, replace_string
from aind_lint.text.json_scanner import json_values

#: Names of fields that contain paths. Elsewhere the name of a folder alone can be another word, such as a modality.
_PATH_FIELD = re.compile(r"path|file|folder|director|reference|location", re.IGNORECASE)


def rewrite_paths(asset: Asset, old: str, new: str) -> Iterator[EditText]:
    """The edits of the paths, relative to the asset, that lead to ``old`` or into it and to something that exists.

    Args:
        asset: The asset, in which ``old`` still has its name.
        old: The present key.
        new: The new key.
    """
    before = re.compile(rf"(\s*(?:\./)?(?:{re.escape(asset.listing.name)}/)?){re.escape(old)}(?=[/\\]|\s*$)")
    yield from _rewrite(asset, old, lambda path: _replaced(asset, path, before, old, new))


def rewrite_asset_name(asset: Asset, name: str) -> Iterator[EditText]:
    """The edits of the paths that begin with the name of the asset's folder and lead to something that exists."""
    before = re.compile(rf"(\s*(?:\./)?){re.escape(asset.listing.name)}(?=[/\\].)")
    yield from _rewrite(
        asset, asset.listing.name, lambda path: _replaced(asset, path, before, asset.listing.name, name)
    )


def _rewrite(asset: Asset, word: str, replaced: Callable[[str], str]) -> Iterator[EditText]:
    for sidecar in asset.sidecars():
        if sidecar.data is None or word not in sidecar.text:
            continue
        edits: list[TextEdit] = []
        for value in json_values(sidecar.text):
            written = sidecar.text[value.start : value.end]
            if not written.startswith('"') or word not in written:
                continue
            content = json.loads(written, strict=False)
            is_path_field = isinstance(value.path[-1], str) and _PATH_FIELD.search(value.path[-1]) is not None
            paths = content.split(";")
            new = ";".join(replaced(path) if is_path_field or "/" in path or "\\" in path else path for path in paths)
            if new != content:
                edits.append(replace_string(sidecar.text, value, new))
        if edits:
            yield EditText(sidecar.key, tuple(edits))


def _replaced(asset: Asset, path: str, before: re.Pattern[str], old: str, new: str) -> str:
    match = before.match(path)
    if match is None:
        return path
    key = path.strip().replace("\\", "/").removeprefix("./").removeprefix(f"{asset.listing.name}/").rstrip("/")
    exists = key in asset.listing.files or key in asset.listing.folders
    start = match.end() - len(old)
    return f"{path[:start]}{new}{path[match.end() :]}" if exists else path
