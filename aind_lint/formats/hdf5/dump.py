"""Lists the content of an HDF5 file with h5py, in a process of its own: a damaged file can crash the library.

Read from standard input: one line of JSON with the folder, the key of the file, the datasets whose text is wanted, and
globs of those whose numbers are. Written to standard output: one JSON object. External links, external storage and
virtual datasets are listed and never followed.
"""

from __future__ import annotations

import fnmatch
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Nodes of a file, and values of a dataset, that are read.
_MAX_NODES, _MAX_VALUES = 200_000, 1_000_000
#: Values of an attribute that are read.
_MAX_ITEMS = 10_000
#: Bytes of memory and seconds of CPU that the process may use.
_MEMORY, _SECONDS = 2_000_000_000, 60


def main() -> None:
    """Answer the request on standard input."""
    _limit()
    request = json.loads(sys.stdin.buffer.readline())
    try:
        answer = _dump(Path(request["root"]), request["key"], request["texts"], request["numbers"])
    except Exception as error:
        answer = {"error": _line(error)}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


def _dump(root: Path, key: str, texts: list[str], numbers: list[str]) -> dict[str, Any]:
    import h5py  # type: ignore[import-untyped]

    from aind_lint.asset.listing.safe_open import NoFollowOpener

    with NoFollowOpener(root).open(key) as stream, h5py.File(stream, "r") as file:
        lists: dict[str, Any] = {"external": [], "dangling": [], "unfollowed": [], "circles": []}
        content = {"nodes": {}, "texts": {}, "numbers": {}, **lists}
        _add(content, h5py, "", file)
        origin = _identity(h5py, file)
        pending = [("", file, frozenset([origin]))]
        seen = {origin}
        while pending and len(content["nodes"]) < _MAX_NODES:
            prefix, group, around = pending.pop()
            for name in group:
                path = f"{prefix}/{name}" if prefix else name
                if group.get(name, getlink=True, getclass=True) is h5py.ExternalLink:
                    link = group.get(name, getlink=True)
                    content["external"].append([path, f"{link.filename}:{link.path}"])
                    continue
                node = _follow(group, name)
                if node is None:
                    content["dangling"].append([path, getattr(group.get(name, getlink=True), "path", "")])
                    continue
                _add(content, h5py, path, node)
                if not isinstance(node, h5py.Group):
                    continue
                identity = _identity(h5py, node)
                if identity in around:
                    content["circles"].append(path)
                elif identity not in seen:
                    seen.add(identity)
                    pending.append((path, node, around | {identity}))
        content["complete"] = not pending
        for path in texts:
            _read(content["texts"], h5py, file, path, _text)
        for path in (node for glob in numbers for node in fnmatch.filter(content["nodes"], glob)):
            _read(content["numbers"], h5py, file, path, _numbers)
        return content


class _UnreadableAttributeError(Exception):
    """The value of an attribute cannot be read: why."""


def _follow(group: Any, name: str) -> Any:
    """What a link in the file leads to; None if it leads nowhere, or in a circle."""
    try:
        return group.get(name)
    except (KeyError, RuntimeError, OSError):
        return None


def _identity(h5py: Any, node: Any) -> tuple[int, int]:
    info = h5py.h5o.get_info(node.id)
    return info.fileno, info.addr


def _add(content: dict[str, Any], h5py: Any, path: str, node: Any) -> None:
    entry: dict[str, Any] = {"attributes": {}, "unreadable": {}}
    attributes = node.attrs
    for name in attributes:
        try:
            value = _attribute(attributes, name)
            if isinstance(value, h5py.Reference) and not _resolves(h5py, node, value):
                content["dangling"].append([path, f"attribute '{name}'"])
            entry["attributes"][name] = _plain(h5py, value)
        except _UnreadableAttributeError as error:
            entry["unreadable"][name] = str(error)
    if isinstance(node, h5py.Dataset):
        entry["shape"] = list(node.shape or ())
        if node.external or node.is_virtual:
            content["external"].append([path, "external storage" if node.external else "a virtual dataset"])
        elif _has_references(h5py, node.dtype) and node.size:
            _follow_references(content, h5py, path, node)
    content["nodes"][path] = entry


def _has_references(h5py: Any, data_type: Any) -> bool:
    """Whether the items of a dataset are references, or have a field of references, as tables of time series do."""
    fields = data_type.fields or {}
    return h5py.check_ref_dtype(data_type) is not None or any(_has_references(h5py, one[0]) for one in fields.values())


def _follow_references(content: dict[str, Any], h5py: Any, path: str, node: Any) -> None:
    if node.size > _MAX_VALUES:
        content["unfollowed"].append([path, f"it has more than {_MAX_VALUES:,} references"])
        return
    try:
        references = list(_references(h5py, node[()], node.dtype))
    except Exception as error:
        content["unfollowed"].append([path, _line(error)])
        return
    broken = sum(1 for reference in references if not _resolves(h5py, node, reference))
    if broken:
        content["dangling"].append([path, f"{broken} of {len(references)} references"])


def _references(h5py: Any, values: Any, data_type: Any) -> Iterator[Any]:
    if h5py.check_ref_dtype(data_type) is not None:
        yield from values.ravel() if hasattr(values, "ravel") else [values]
    for name, (inner, *_) in (data_type.fields or {}).items():
        if _has_references(h5py, inner):
            yield from _references(h5py, values[name], inner)


def _line(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _resolves(h5py: Any, node: Any, reference: Any) -> bool:
    try:
        return bool(reference) and bool(h5py.h5r.get_name(reference, node.id) is not None)
    except Exception:
        return False


def _attribute(attributes: Any, name: str) -> Any:
    try:
        return attributes[name]
    except Exception as error:  # damaged, or of a type that h5py does not know
        raise _UnreadableAttributeError(_line(error)) from None


def _plain(h5py: Any, value: Any) -> Any:
    """A value that JSON can represent."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "tolist"):
        if getattr(value, "size", 1) > _MAX_ITEMS:
            raise _UnreadableAttributeError(f"it has more than {_MAX_ITEMS:,} values")
        return _plain(h5py, value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(h5py, item) for item in value]
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return None  # a reference


def _read(target: dict[str, Any], h5py: Any, file: Any, path: str, convert: Any) -> None:
    node = _get(h5py, file, path)
    if node is None or node.external or node.is_virtual:
        return
    try:
        target[path] = convert(h5py, node)
    except Exception as error:
        target[path] = {"error": _line(error)}


def _get(h5py: Any, file: Any, path: str) -> Any:
    """A dataset, reached over hard links only; None if there is none."""
    node = file
    for name in path.split("/"):
        if not isinstance(node, h5py.Group) or not isinstance(node.get(name, getlink=True), h5py.HardLink):
            return None
        node = node[name]
    return node if isinstance(node, h5py.Dataset) else None


def _text(h5py: Any, node: Any) -> Any:
    value = node[()] if node.shape == () else node[0]
    return _plain(h5py, value) if isinstance(value, (bytes, str)) else str(value)


def _numbers(h5py: Any, node: Any) -> Any:
    if node.size is None or node.size > _MAX_VALUES:
        return {"error": f"more than {_MAX_VALUES:,} values"}
    return _plain_numbers(node[()])


def _plain_numbers(value: Any) -> Any:
    numbers = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    return [number if isinstance(number, (int, float)) else None for number in numbers]
