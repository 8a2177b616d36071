"""One Zarr store of an asset: its groups and arrays, read from their metadata files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aind_lint.asset.listing.file_table import FileStat
from aind_lint.formats.file_reader import FileReader, NotJsonError, UnreadableError
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.zarr.census import StoreCensus, count_chunks
from aind_lint.formats.zarr.malformed import MalformedMetadataError, UnknownExtensionError
from aind_lint.formats.zarr.metadata import (
    ARRAY_V2,
    ATTRIBUTES_V2,
    CONSOLIDATED_V2,
    GROUP_V2,
    NODE_V3,
    ArrayNode,
    GroupNode,
    Node,
    Version,
    parse_array_v2,
    parse_node_v3,
)

#: Metadata files that a root can have.
_ROOT_FILES = (ARRAY_V2, ATTRIBUTES_V2, CONSOLIDATED_V2, GROUP_V2, NODE_V3)
#: Metadata files in a bucket that are compared with consolidated metadata.
_COMPARED = 20


@dataclass
class ZarrStore:
    """A Zarr store.

    Attributes:
        prefix: The prefix of its keys in the asset, empty or ending with ``/``.
        version: The version of Zarr; None if the root states neither or both.
        nodes: Groups and arrays by their path in the store.
        contents: The JSON value of every metadata file that could be read, by key in the asset.
        problems: What is wrong with the metadata files themselves.
        inner: The prefixes of stores inside this one, which are not part of it.
        unread: Metadata files that exist and whose content is not known. What seems to be missing may be in them.
        files: The files of the asset.
        reader: Reads them.
    """

    prefix: str
    reader: FileReader
    version: Version | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    contents: dict[str, Any] = field(default_factory=dict)
    problems: list[Result] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    inner: tuple[str, ...] = ()

    @property
    def files(self) -> Mapping[str, FileStat]:
        """The files of the asset."""
        return self.reader.listing.files

    @property
    def name(self) -> str:
        """What messages call the store: its folder, or the asset."""
        return self.prefix.rstrip("/") or self.reader.listing.name

    @property
    def root_key(self) -> str:
        """The key of the metadata file at the root."""
        return self.prefix + (NODE_V3 if self.version == 3 else GROUP_V2)

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the root, also if nothing else of the root can be used."""
        if root := self.nodes.get(""):
            return root.attributes
        v2, v3 = (self.contents.get(self.prefix + name) for name in (ATTRIBUTES_V2, NODE_V3))
        attributes = v2 or (v3.get("attributes") if isinstance(v3, dict) else None)
        return attributes if isinstance(attributes, dict) else {}

    @property
    def kind(self) -> str:
        """What messages call the store if it cannot be opened."""
        version = self.attributes.get("nwb_version")
        if isinstance(version, str):
            return f"NWB {version} file in Zarr"
        return "NWB file in Zarr" if self.name.endswith((".nwb", ".nwb.zarr")) else "Zarr store"

    def group(self, path: str) -> GroupNode | None:
        """The group at a path; None if there is none."""
        node = self.nodes.get(path)
        return node if isinstance(node, GroupNode) else None

    def array(self, path: str) -> ArrayNode | None:
        """The array at a path; None if there is none."""
        node = self.nodes.get(path)
        return node if isinstance(node, ArrayNode) else None

    def arrays(self) -> Iterator[ArrayNode]:
        """All arrays."""
        return (node for node in self.nodes.values() if isinstance(node, ArrayNode))

    def groups(self) -> Iterator[GroupNode]:
        """All groups."""
        return (node for node in self.nodes.values() if isinstance(node, GroupNode))

    @cached_property
    def census(self) -> StoreCensus:
        """The chunks of all arrays."""
        keys = {*self.unread, *(problem.file for problem in self.problems)}
        unreadable = {key[: key.rfind("/") + 1] for key in keys}
        return count_chunks(self.files, self.prefix, self.arrays(), unreadable, self.inner)


def read_store(
    reader: FileReader,
    prefix: str,
    stores: Mapping[str, Collection[str]],
    requests: int | None = None,
    first: tuple[str, ...] = (),
) -> ZarrStore:
    """Read the metadata of a store.

    Args:
        reader: Reads the files.
        prefix: The prefix of the store.
        stores: The keys of the metadata files of every store of the asset, by their prefixes.
        requests: The number of files that may be read; all if None. The others are taken from the consolidated
            metadata, if there is one.
        first: Beginnings of the paths, in the store, of files that are read first.
    """
    store = ZarrStore(prefix, reader, inner=tuple(one for one in stores if one.startswith(prefix) and one != prefix))
    names = sorted(stores[prefix], key=lambda key: (key.count("/"), key))
    if requests is None:
        _read_files(store, names)
    else:
        _read_some_files(store, names, requests, first)
    present = set(names)
    store.version = _version(store, present)
    if store.version == 2:
        _read_v2(store, names, present)
        store.problems += _both_versions(present)
    elif store.version == 3:
        _read_v3(store, [key for key in names if key.endswith(NODE_V3)])
    return store


def _read_some_files(store: ZarrStore, names: list[str], requests: int, first: tuple[str, ...]) -> None:
    """Read the metadata files at the root, then others: those that are wanted first, and those near the root.

    A ``.zgroup`` comes last, because its content is always the same. With consolidated metadata, the others are a
    sample that is compared with it.
    """
    start = len(store.prefix)
    root = [key for key in names if key[start:] in _ROOT_FILES]
    _read_files(store, root)
    copies = _consolidated(store)
    others = sorted(
        (key for key in names if key[start:] not in _ROOT_FILES),
        key=lambda key: (key.endswith(GROUP_V2), not key.startswith(first, start), key.count("/")),
    )
    left = max(0, requests - len(root))
    _read_files(store, others[: left if copies is None else min(left, _COMPARED)])
    unread = [key for key in names if key not in store.contents and key not in store.unread]
    for key in unread:
        if copies is not None and key in copies:
            store.contents[key] = copies[key]
        elif not key.endswith(GROUP_V2):
            store.unread.add(key)
    if unread:
        read = len(names) - len(unread)
        compared = "read" if copies is None else "compared with the consolidated metadata"
        reason = f"{read} of {len(names)} metadata files of {store.name} were {compared}"
        kinds = () if store.unread else ("metadata", "consolidated")
        store.problems.append(NotRead(kinds, reason, names[0]))


def _consolidated(store: ZarrStore) -> dict[str, Any] | None:
    """The copies of metadata files in the consolidated metadata, by key in the asset; None if there is none."""
    v2 = store.contents.get(store.prefix + CONSOLIDATED_V2)
    v3 = store.contents.get(store.prefix + NODE_V3)
    if isinstance(v2, dict) and isinstance(v2.get("metadata"), dict):
        return {store.prefix + name: value for name, value in v2["metadata"].items()}
    consolidated = v3.get("consolidated_metadata") if isinstance(v3, dict) else None
    if isinstance(consolidated, dict) and isinstance(consolidated.get("metadata"), dict):
        return {f"{store.prefix}{path}/{NODE_V3}": value for path, value in consolidated["metadata"].items()}
    return None


def _read_files(store: ZarrStore, names: list[str]) -> None:
    names = sorted(names)  # in a folder, the next file is in the same one, which need not be opened again
    for key, content in zip(names, store.reader.read_json(names), strict=True):
        if isinstance(content, NotJsonError):
            store.problems.append(Problem("metadata", f"{key} is not JSON: {content}", key, found="not JSON"))
        elif isinstance(content, UnreadableError):
            store.unread.add(key)
            kinds = () if key.endswith((ARRAY_V2, NODE_V3)) else ("metadata",)
            store.problems.append(NotRead(kinds, f"{key} was not read: {content}", key))
        else:
            store.contents[key] = content


def _version(store: ZarrStore, present: set[str]) -> Version | None:
    prefix = store.prefix
    v3 = f"{prefix}{NODE_V3}" in present
    v2 = f"{prefix}{GROUP_V2}" in present or f"{prefix}{ARRAY_V2}" in present
    leftover = [name for name in (GROUP_V2, ARRAY_V2, ATTRIBUTES_V2, CONSOLIDATED_V2) if f"{prefix}{name}" in present]
    if v3 and leftover:
        store.problems.append(
            Problem(
                "metadata",
                f"the {store.kind} {store.name} has metadata of Zarr v2 ({leftover[0]}) and of Zarr v3 (zarr.json), so "
                "readers disagree",
                f"{prefix}{leftover[0]}",
                found="Zarr v2 and v3",
                expected="one version",
                fix=f"Remove the metadata of the version that the store is not written in: {', '.join(leftover)} or "
                "zarr.json.",
            )
        )
        return None if v2 else 3
    if not v3 and not v2:
        keys = f"{GROUP_V2} or {NODE_V3}"
        where = next(iter(sorted(present)), prefix)
        store.problems.append(
            Problem(
                "metadata",
                f"{store.name} is no {store.kind} that can be opened: {keys} is missing at its root",
                where,
                expected=keys,
                fix=f"Write the store again, or restore {store.prefix}{GROUP_V2}.",
            )
        )
        return 2 if any(key.endswith((ARRAY_V2, GROUP_V2)) for key in present) else None
    return 3 if v3 else 2


def _both_versions(present: set[str]) -> Iterator[Problem]:
    """Groups and arrays inside the store that have metadata of both versions."""
    for key in sorted(key for key in present if key.endswith(NODE_V3)):
        start = key.removesuffix(NODE_V3)
        if others := [name for name in (GROUP_V2, ARRAY_V2) if start + name in present]:
            yield Problem(
                "metadata",
                f"{start.rstrip('/')} has metadata of Zarr v2 ({others[0]}) and of Zarr v3 (zarr.json), so readers "
                "disagree",
                key,
                found="Zarr v2 and v3",
                expected="Zarr v2",
                fix=f"Remove {key}, as the store is Zarr v2.",
            )


def _read_v2(store: ZarrStore, names: list[str], present: set[str]) -> None:
    for key in names:
        folder, _, name = key.rpartition("/")
        if name not in (ARRAY_V2, GROUP_V2):
            continue
        base = f"{folder}/" if folder else ""
        path = base[len(store.prefix) :].rstrip("/")
        attributes_key = base + ATTRIBUTES_V2
        attributes = store.contents.get(attributes_key, {})
        if not isinstance(attributes, dict):
            attributes = {}
            store.problems.append(Problem("metadata", f"{attributes_key} is no JSON object", attributes_key))
        if name == GROUP_V2:
            store.nodes.setdefault(
                path, GroupNode(path, attributes_key if attributes_key in present else key, attributes)
            )
        elif key in store.contents:
            try:
                where = attributes_key if attributes_key in present else key
                store.nodes[path] = parse_array_v2(path, key, store.contents[key], attributes, where)
            except MalformedMetadataError as error:
                store.problems.append(_malformed(key, error))


def _read_v3(store: ZarrStore, names: list[str]) -> None:
    for key in names:
        path = key[len(store.prefix) :].removesuffix(NODE_V3).rstrip("/")
        if key in store.contents:
            try:
                store.nodes[path] = parse_node_v3(path, key, store.contents[key])
            except UnknownExtensionError as error:
                store.unread.add(key)
                store.problems.append(NotRead((), f"{key} was not checked: {error}", key))
            except MalformedMetadataError as error:
                store.problems.append(_malformed(key, error))


def _malformed(key: str, error: MalformedMetadataError) -> Problem:
    return Problem("metadata", f"{key}{'#' + error.pointer if error.pointer else ''}: {error}", key, error.pointer)
