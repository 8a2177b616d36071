"""Reads an NWB file in HDF5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.formats.codecs.chunk_error import UndecodedError
from aind_lint.formats.hdf5.content import Hdf5Content
from aind_lint.formats.nwb.nwb_file import CHECKED_ATTRIBUTES, Descent, NwbFile, NwbNode
from aind_lint.formats.problem import NotRead, Problem, Result

#: Attributes that checks need, with the kinds of problems that they would show.
_CHECKED = {
    "neurodata_type": ("nwb-root", "nwb-series"),
    "nwb_version": ("nwb-root",),
    "colnames": ("nwb-column", "nwb-lengths"),
    "unit": ("nwb-series",),
    "rate": ("nwb-series",),
}


def open_nwb_hdf5(key: str, content: Hdf5Content) -> NwbFile:
    """The NWB file with this content."""
    nodes = {
        path: NwbNode(
            path,
            entry["attributes"],
            tuple(entry["shape"]) if "shape" in entry else None,
            key,
            unreadable=frozenset(entry["unreadable"]),
        )
        for path, entry in content.nodes.items()
    }
    for path, _ in content.external:  # that they are external is reported, and all that is known
        nodes.setdefault(path, NwbNode(path, {}, (), key, unreadable=CHECKED_ATTRIBUTES))
    return NwbFile(
        key,
        key,
        nodes,
        lambda path: _value(content.texts, path),
        lambda path: _value(content.numbers, path),
        lambda path: Descent(*descent) if (descent := _value(content.descents, path)) else None,
        findings=list(_findings(key, content)),
    )


def _value(values: dict[str, Any], path: str) -> Any:
    value = values.get(path)
    if value is None or isinstance(value, dict):
        raise UndecodedError(value.get("error", "it was not read") if isinstance(value, dict) else "it was not read")
    return value


def _findings(key: str, content: Hdf5Content) -> Iterator[Result]:
    for path, target in content.external:
        yield Problem(
            "reference-leaves-store",
            f"{path} of {key} has its data in another file ({target})",
            key,
            found=target,
            fix="Write the file again with a copy of the data instead of the link.",
        )
    for path, target in content.dangling:
        yield Problem("nwb-reference", f"{path} of {key} refers to nothing ({target})", key, found=target)
    for path, reason in content.unfollowed:
        yield NotRead(("nwb-reference",), f"the references in {path} of {key} were not followed: {reason}", key)
    for path in content.circles:
        message = f"{path} of {key} refers to a group that contains it: links in a circle"
        yield Problem("nwb-reference", message, key, found=path)
    for path, entry in content.nodes.items():
        for name in _CHECKED.keys() & entry["unreadable"].keys():
            reason = (
                f"the attribute '{name}' of {path or 'the root'} in {key} was not read: {entry['unreadable'][name]}"
            )
            yield NotRead(_CHECKED[name], reason, key)
