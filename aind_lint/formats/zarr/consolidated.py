"""Does the consolidated metadata of a store equal its parts? Most readers read only the consolidated copy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aind_lint.formats.problem import Problem
from aind_lint.formats.zarr.metadata import ARRAY_V2, CONSOLIDATED_V2, GROUP_V2, NODE_V3
from aind_lint.formats.zarr.store import ZarrStore

#: Members of array metadata without which data is read wrongly; others only describe.
_DECISIVE = (
    "shape", "chunks", "dtype", "compressor", "filters", "order", "dimension_separator", "zarr_format",
    "data_type", "chunk_grid", "chunk_key_encoding", "codecs", "node_type",
)  # fmt: skip
_FIX = "Consolidate the metadata again (zarr.consolidate_metadata) after the last change of the store."


def compare_consolidated(store: ZarrStore) -> Iterator[Problem]:
    """What differs between the consolidated metadata and the metadata files."""
    if store.version == 2:
        yield from _compare_v2(store)
    elif store.version == 3:
        yield from _compare_v3(store)


def _compare_v2(store: ZarrStore) -> Iterator[Problem]:
    key = store.prefix + CONSOLIDATED_V2
    content = store.contents.get(key)
    if content is None:
        return
    copies = content.get("metadata") if isinstance(content, dict) else None
    if not isinstance(copies, dict):
        yield Problem("consolidated", f"{key} has no object 'metadata'", key, "/metadata", fix=_FIX)
        return
    parts = {
        part[len(store.prefix) :]: value
        for part, value in store.contents.items()
        if part != key and not part.endswith(f"/{CONSOLIDATED_V2}")
    }
    for name, copy in copies.items():
        pointer = f"/metadata/{_escape(name)}"
        if name in parts:
            yield from _differences(key, pointer, store.prefix + name, copy, parts[name])
        elif store.prefix + name not in store.files:
            yield _absent(key, pointer, store.prefix + name)
    for name in parts:
        if name not in copies and name.rpartition("/")[2] in (ARRAY_V2, GROUP_V2):
            yield _unlisted(store.prefix + name)


def _compare_v3(store: ZarrStore) -> Iterator[Problem]:
    key = store.prefix + NODE_V3
    root = store.contents.get(key)
    consolidated = root.get("consolidated_metadata") if isinstance(root, dict) else None
    if consolidated is None:
        return
    copies = consolidated.get("metadata") if isinstance(consolidated, dict) else None
    if not isinstance(copies, dict):
        yield Problem(
            "consolidated",
            f"{key} has no object 'consolidated_metadata/metadata'",
            key,
            "/consolidated_metadata",
            fix=_FIX,
        )
        return
    for path, copy in copies.items():
        part = f"{store.prefix}{path}/{NODE_V3}"
        pointer = f"/consolidated_metadata/metadata/{_escape(path)}"
        if part in store.contents:
            yield from _differences(key, pointer, part, copy, store.contents[part])
        elif part not in store.files:
            yield _absent(key, pointer, part)
    for part in store.contents:
        path = part[len(store.prefix) :].removesuffix(NODE_V3).rstrip("/")
        if path and path not in copies and part.endswith(f"/{NODE_V3}"):
            yield _unlisted(part)


def _differences(key: str, pointer: str, part: str, copy: Any, content: Any) -> Iterator[Problem]:
    if _equal(copy, content):
        return
    if not isinstance(copy, dict) or not isinstance(content, dict):
        yield Problem("consolidated", f"{key}#{pointer} differs from {part}", key, pointer, fix=_FIX)
        return
    is_attributes = part.endswith(".zattrs")
    for member in {**copy, **content}:
        if member == "consolidated_metadata":
            continue
        ours, theirs = copy.get(member), content.get(member)
        if member == "attributes":
            ours, theirs = ours or {}, theirs or {}
        if _equal(ours, theirs):
            continue
        kind = "consolidated" if member in _DECISIVE and not is_attributes else "consolidated-attributes"
        yield Problem(
            kind,
            f"'{member}' is {_short(ours)} in the consolidated metadata and {_short(theirs)} in {part}",
            key,
            f"{pointer}/{_escape(member)}",
            found=_short(ours),
            expected=_short(theirs),
            fix=_FIX,
        )


def _absent(key: str, pointer: str, part: str) -> Problem:
    return Problem(
        "consolidated",
        f"the consolidated metadata lists {part}, which does not exist",
        key,
        pointer,
        expected=part,
        fix=_FIX,
    )


def _unlisted(part: str) -> Problem:
    return Problem(
        "consolidated-attributes",
        f"{part} is not in the consolidated metadata, so most readers do not see it",
        part,
        fix=_FIX,
    )


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) or _normal(one) == _normal(other)


def _normal(value: Any) -> str:
    """A text that is equal for equal values, also for NaN."""
    if isinstance(value, dict) and "consolidated_metadata" in value:
        value = {name: item for name, item in value.items() if name != "consolidated_metadata"}
    return json.dumps(value, sort_keys=True)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
