"""Lists the content of an HDF5 file with h5py, in a process of its own: a damaged file can crash the library.

Read from standard input: one line of JSON with the folder, the key of the file, the attributes whose values are wanted,
the datasets whose text is, and globs of those whose numbers are. Written to standard output: one JSON object.
External links, external storage and virtual datasets are listed and never followed.
"""

from __future__ import annotations

import fnmatch
import json
import os
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

from aind_lint.formats.hdf5.dump_values import (
    MAX_VALUES,
    find_descents,
    line,
    plain,
    read_numbers,
    read_small_numbers,
    read_text,
    read_value,
)

#: Nodes of a file that are listed.
_MAX_NODES = 200_000
#: Symbolic links that are followed one after the other, as in the HDF5 library.
_MAX_SOFT_LINKS = 16
#: References that NWB requires: attributes of regions and indexes of tables, and the column of every table of
#: electrodes. Any other may be null. Source: https://nwb-schema.readthedocs.io/en/latest/format.html
_TABLE = "table"
_REQUIRED_ATTRIBUTES, _REQUIRED_COLUMNS = (_TABLE, "target"), ("general/extracellular_ephys/electrodes/group",)
#: Attributes that are texts in every NWB file, two thirds of all: they are no references, and not needed.
_TEXT_ATTRIBUTES = frozenset([b"namespace", b"object_id", b"description", b"comments"])
#: Bytes of memory and seconds of CPU that the process may use.
_MEMORY, _SECONDS = 2_000_000_000, 60


def main() -> None:
    """Answer the request on standard input."""
    _limit()
    request = json.loads(sys.stdin.buffer.readline())
    try:
        wanted = frozenset(request["attributes"])
        answer = _dump(Path(request["root"]), request["key"], wanted, request["texts"], request["numbers"])
    except Exception as error:
        answer = {"error": line(error)}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


def _dump(root: Path, key: str, wanted: frozenset[str], texts: list[str], numbers: list[str]) -> dict[str, Any]:
    import h5py  # type: ignore[import-untyped]

    from aind_lint.asset.listing.safe_open import NoFollowOpener

    with NoFollowOpener(root).open(key) as stream, _open(h5py, stream) as file:
        walk = _Walk(h5py, file, wanted)
        content = walk.content
        content["texts"] = {path: read_value(read_text, walk.dataset, path) for path in texts if walk.has_data(path)}
        paths = [path for glob in numbers for path in fnmatch.filter(content["nodes"], glob)]
        content["numbers"] = {
            path: read_value(read_numbers, walk.dataset, path) for path in paths if walk.has_data(path)
        }
        content["numbers"] |= read_small_numbers(content["nodes"], walk.has_data, walk.dataset)
        content["descents"] = find_descents(content["nodes"], walk.has_data, walk.dataset)
        return content


def _open(h5py: Any, stream: BinaryIO) -> Any:
    """The file of a stream. Where a path leads to the open file, that is read: a stream takes a quarter more time."""
    path = f"/proc/self/fd/{stream.fileno()}"
    return h5py.File(path, "r", locking=False) if os.path.exists(path) else h5py.File(stream, "r")  # noqa: PTH110


class _Walk:
    """Lists groups, datasets and named types.

    It uses the low-level functions of h5py: its objects take three times as long.

    Args:
        h5py: The module.
        file: The open file.
        wanted: The attributes whose values are needed; of others, only references are followed.
    """

    def __init__(self, h5py: Any, file: Any, wanted: frozenset[str]) -> None:
        self._h5py = h5py
        self._file = file
        self._wanted = wanted
        self._text_type = h5py.string_dtype()
        self._text_type_id = h5py.h5t.py_create(self._text_type)
        lists: dict[str, Any] = {"external": [], "dangling": [], "unfollowed": [], "circles": []}
        self.content = {"nodes": {}, **lists}
        self._root = h5py.h5g.open(file.id, b"/")
        self._targets: list[tuple[str, str, list[int]]] = []
        self._elsewhere: set[str] = set()
        origin = self._address(self._root)
        self._seen = {origin}
        walked: set[int] = set()
        pending = deque([("", self._root, origin, frozenset([origin]))])
        while pending and len(self.content["nodes"]) < _MAX_NODES:
            prefix, group, address, around = pending.pop()
            if address in walked:
                continue  # it is listed, and checked, where it was met first
            walked.add(address)
            self._add(prefix, group)
            for name, kind, place in _links(group):
                path = f"{prefix}/{_decode(name)}" if prefix else _decode(name)
                node = self._follow(path, group, name, kind)
                if node is None:
                    continue
                is_hard = kind == h5py.h5l.TYPE_HARD
                address = place if is_hard else self._address(node)
                self._seen.add(address)
                if not isinstance(node, h5py.h5g.GroupID):
                    self._add(path, node)
                    continue
                self.content["nodes"][path] = {"attributes": {}, "unreadable": {}}
                if address in around:
                    self.content["circles"].append(path)
                    continue
                # Groups that symbolic links lead to come last: each is listed where it is.
                (pending.append if is_hard else pending.appendleft)((path, node, address, around | {address}))
        self.content["complete"] = not pending
        if not pending:
            self._check_targets()

    def _address(self, node: Any) -> int:
        return int(self._h5py.h5o.get_info(node).addr)

    def _follow(self, path: str, group: Any, name: bytes, kind: int) -> Any:
        """What a link leads to in this file; None, after adding why, if it leads nowhere, in a circle, or out of it."""
        try:
            return self._open(group, name, kind, _MAX_SOFT_LINKS)
        except _ExternalError as error:
            self.content["external"].append([path, str(error)])
        except (KeyError, ValueError, RuntimeError, OSError):
            is_soft = kind == self._h5py.h5l.TYPE_SOFT
            self.content["dangling"].append([path, _decode(group.links.get_val(name)) if is_soft else ""])
        return None

    def _open(self, group: Any, name: bytes, kind: int, depth: int) -> Any:
        h5l = self._h5py.h5l
        if kind == h5l.TYPE_HARD:
            return self._h5py.h5o.open(group, name)
        target = group.links.get_val(name)
        if kind != h5l.TYPE_SOFT:
            raise _ExternalError(":".join(map(_decode, target)))
        if not depth:
            raise KeyError(name)
        node = self._root if target.startswith(b"/") else group
        for part in target.split(b"/"):
            if part not in (b"", b"."):
                node = self._open(node, part, node.links.get_info(part).type, depth - 1)
        return node

    def has_data(self, path: str) -> bool:
        """Whether there is a dataset at a path whose data is in this file."""
        return "shape" in self.content["nodes"].get(path, {}) and path not in self._elsewhere

    def dataset(self, path: str) -> Any:
        """The dataset at a path of a node that is listed, so that no link on the way leads out of the file."""
        return self._h5py.Dataset(self._h5py.h5o.open(self._root, path.encode("utf-8", "surrogateescape")))

    def _add(self, path: str, node: Any) -> None:
        entry: dict[str, Any] = {"attributes": {}, "unreadable": {}}
        names: list[bytes] = []
        self._h5py.h5a.iterate(node, names.append)
        for name in names:
            if name not in _TEXT_ATTRIBUTES:
                self._add_attribute(entry, path, node, name)
        if isinstance(node, self._h5py.h5d.DatasetID):
            entry["shape"] = list(node.shape or ())
            if place := self._place_elsewhere(node):
                self._elsewhere.add(path)
                self.content["external"].append([path, place])
            elif node.get_type().get_class() in (self._h5py.h5t.REFERENCE, self._h5py.h5t.COMPOUND):
                self._follow_references(path, self._h5py.Dataset(node))
        self.content["nodes"][path] = entry

    def _place_elsewhere(self, dataset: Any) -> str | None:
        """Where the data of a dataset is if it is in another file."""
        if dataset.get_offset() is not None:  # in this file, and quicker to find out than the rest
            return None
        plist = dataset.get_create_plist()
        if plist.get_layout() == self._h5py.h5d.VIRTUAL:
            return "a virtual dataset"
        return "external storage" if plist.get_external_count() else None

    def _value(self, node: Any, attribute: Any, name: str) -> Any:
        """The value of an attribute. Nearly all are texts: reading these directly takes a third of the time."""
        data_type, shape = attribute.get_type(), attribute.shape
        if shape is None or data_type.get_class() != self._h5py.h5t.STRING or not data_type.is_variable_str():
            return _attribute(self._h5py, node, name)
        import numpy

        value = numpy.empty(shape, self._text_type)
        attribute.read(value, self._text_type_id)
        return value[()]

    def _add_attribute(self, entry: dict[str, Any], path: str, node: Any, name: bytes) -> None:
        h5py, text = self._h5py, _decode(name)
        try:
            attribute = h5py.h5a.open(node, name)
            if attribute.get_type().get_class() == h5py.h5t.REFERENCE:
                value = _attribute(h5py, node, text)
                references = list(value.ravel()) if hasattr(value, "ravel") else [value]
                self._follow_all(path, f"attribute '{text}'", references, is_required=text in _REQUIRED_ATTRIBUTES)
                if text == _TABLE and references:
                    entry["attributes"][text] = self._place(references[0])
            elif text in self._wanted:
                entry["attributes"][text] = plain(self._value(node, attribute, text))
        except Exception as error:  # damaged, or of a type that h5py does not know
            entry["unreadable"][text] = line(error)

    def _follow_references(self, path: str, dataset: Any) -> None:
        if not _has_references(self._h5py, dataset.dtype) or not dataset.size:
            return
        if dataset.size > MAX_VALUES:
            self.content["unfollowed"].append([path, f"it has more than {MAX_VALUES:,} references"])
            return
        try:
            references = list(_references(self._h5py, dataset[()], dataset.dtype))
        except Exception as error:
            self.content["unfollowed"].append([path, line(error)])
            return
        self._follow_all(path, "", references, is_required=path in _REQUIRED_COLUMNS)

    def _follow_all(self, path: str, attribute: str, references: list[Any], is_required: bool) -> None:
        """Remember where references lead: whether something is there is known when all is listed."""
        addresses = [self._target(reference) for reference in references if reference or is_required]
        label = attribute or "{} of " + f"{len(references)} references"
        self._targets.append((path, label, addresses))

    def _target(self, reference: Any) -> int:
        """The address of what a reference leads to; -1 if it leads nowhere."""
        try:
            return self._address(self._h5py.h5r.dereference(reference, self._file.id)) if reference else -1
        except Exception:
            return -1

    def _place(self, reference: Any) -> Any:
        """A reference to a table, as Zarr stores it; None if it leads nowhere."""
        name = self._h5py.h5r.get_name(reference, self._file.id) if reference else None
        return {"source": ".", "path": _decode(name)} if name else None

    def _check_targets(self) -> None:
        for path, label, addresses in self._targets:
            if broken := sum(address not in self._seen for address in addresses):
                self.content["dangling"].append([path, label.format(broken)])


class _ExternalError(Exception):
    """A link leads to another file: the file and the path in it."""


def _links(group: Any) -> list[tuple[bytes, int, int]]:
    """The links in a group: name, type, and for a hard link the address of the object."""
    found: list[tuple[bytes, int, int]] = []
    group.links.iterate(lambda name, link: found.append((name, link.type, link.u)), info=True)
    return found


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _attribute(h5py: Any, node: Any, name: str) -> Any:
    return h5py.AttributeManager(SimpleNamespace(id=node))[name]


def _has_references(h5py: Any, data_type: Any) -> bool:
    """Whether the items of a dataset are references, or have a field of references, as tables of time series do."""
    fields = data_type.fields or {}
    return h5py.check_ref_dtype(data_type) is not None or any(_has_references(h5py, one[0]) for one in fields.values())


def _references(h5py: Any, values: Any, data_type: Any) -> Iterator[Any]:
    if h5py.check_ref_dtype(data_type) is not None:
        yield from values.ravel() if hasattr(values, "ravel") else [values]
    for name, (inner, *_) in (data_type.fields or {}).items():
        if _has_references(h5py, inner):
            yield from _references(h5py, values[name], inner)
