"""Reads an NWB file in Zarr, as hdmf-zarr writes it.

Source: https://hdmf-zarr.readthedocs.io/en/stable/storage.html
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import prod
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.file_reader import Range
from aind_lint.formats.nwb.nwb_file import CHECKED_ATTRIBUTES, INDEX, NUMBERS, REGION, TEXTS, Descent, NwbFile, NwbNode
from aind_lint.formats.nwb.times import START, STOP, TIMESTAMPS
from aind_lint.formats.pickle_scan import scan_pickle
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.zarr.metadata import ARRAY_V2, NODE_V3, ArrayNode, Node
from aind_lint.formats.zarr.store import ZarrStore
from aind_lint.formats.zarr.values import MAX_CHUNK, chunk_key, read_chunk, read_numbers, read_texts

#: Beginnings of the paths of metadata that is needed most.
FIRST = ("general/subject/",)
#: Kinds of problems that are only found in metadata that is read.
_KINDS = (
    "nwb-column", "nwb-series", "nwb-lengths", "nwb-units", "nwb-index", "nwb-times",
    "nwb-reference", "reference-leaves-store", "pickled-code",
)  # fmt: skip
#: Names of the files that describe arrays.
_ARRAYS = (ARRAY_V2, NODE_V3)
#: Values of ``source`` of a reference into the same file.
_SAME_FILE = (".", "", None)
#: Arrays of references that are scanned.
_MAX_SCANNED = 64
#: Times of all series that are compared: to decompress a million takes 0.5 s.
_MAX_TIMES = 250_000
#: Arrays of references, selected rows, indexes and times that are read from a bucket.
_MAX_PREFETCHED = 12


def is_nwb(store: ZarrStore) -> bool:
    """Whether a store is an NWB file, or should be one."""
    folder = store.prefix.rstrip("/") or store.reader.listing.name
    return (
        "nwb_version" in store.attributes
        or store.attributes.get("neurodata_type") == "NWBFile"
        or folder.endswith((".nwb.zarr", ".nwb"))
    )


def open_nwb_zarr(store: ZarrStore) -> NwbFile:
    """The NWB file in a store."""
    nodes = {path: _node(store, node) for path, node in store.nodes.items()}
    nodes |= {node.path: node for node in _unread_nodes(store) if node.path not in nodes}
    nwb = NwbFile(
        store.name,
        store.root_key,
        nodes,
        lambda path: _text(store, path),
        lambda path: _numbers(store, path),
        _Descents(store).find,
        prefix=store.prefix,
    )
    if store.unread:
        reason = f"{len(store.unread)} metadata files of {store.name} were not read"
        nwb.findings.append(NotRead(_KINDS, reason, min(store.unread)))
    store.reader.prefetch(_needed(store))
    for node in nodes.values():
        for reference, pointer in _references_in(node.attributes, ""):
            _add_reference(nwb, node, reference, pointer)
    nwb.findings += _scan_pickles(store, nwb)
    nwb.findings += _read_reference_arrays(store, nwb)
    return nwb


def _node(store: ZarrStore, node: Node) -> NwbNode:
    key, shape = (node.attributes_key, node.shape) if isinstance(node, ArrayNode) else (node.key, None)
    unreadable = CHECKED_ATTRIBUTES if key in store.unread else frozenset()
    return NwbNode(node.path, node.attributes, shape, key, node.pointer, unreadable)


def _unread_nodes(store: ZarrStore) -> Iterator[NwbNode]:
    """Arrays and, in Zarr v3, groups that only the listing shows; a group has others below it."""
    keys = {*store.unread, *(problem.file for problem in store.problems if isinstance(problem, Problem))}
    paths = [(key[len(store.prefix) :].rpartition("/")[0], key) for key in sorted(keys) if key.endswith(_ARRAYS)]
    around = {path.rpartition("/")[0] for path in (*store.nodes, *(path for path, _ in paths))}
    for path, key in paths:
        yield NwbNode(path, {}, None if path in around else (), key, None, CHECKED_ATTRIBUTES)


def _needed(store: ZarrStore) -> Iterator[Range]:
    """The chunks that checks of any NWB file read, as far as they are small."""
    wanted = [store.array(path) for path in (*TEXTS, *NUMBERS)]
    references = [array for array in store.arrays() if _is_reference_array(array)]
    tables = [array for array in store.arrays() if _is_of_table(array)]
    for array in [*wanted, *[*references, *tables][:_MAX_PREFETCHED]]:
        if array is not None:
            key = chunk_key(store, array)
            if (stat := store.files.get(key)) is not None and stat.size <= MAX_CHUNK:
                yield Range(key, 0, stat.size)


def _is_of_table(array: ArrayNode) -> bool:
    types, names = (REGION, INDEX), (START, STOP, TIMESTAMPS)
    return array.attributes.get("neurodata_type") in types or array.path.rpartition("/")[2] in names


def _is_reference_array(array: ArrayNode) -> bool:
    is_pickled = any(step.name == "pickle" for step in array.filters)
    return is_pickled or array.attributes.get("_DTYPE") == "object_reference"


def _read_reference_arrays(store: ZarrStore, nwb: NwbFile) -> Iterator[Result]:
    """Add the references in arrays of texts, as hdmf-zarr 0.14 and later write them; yield what is not read."""
    for array in store.arrays():
        if array.attributes.get("_DTYPE") != "object_reference":
            continue
        node = nwb.nodes[array.path]
        try:
            nwb.references += [(node, text.strip("/")) for text in dict.fromkeys(read_texts(store, array))]
        except UndecodedError as error:
            yield nwb.not_read("nwb-reference", error, node)
        except BrokenChunkError as error:
            yield node.problem("broken-chunk", f"{array.path} of {nwb.name} cannot be read: {error}")


def _array(store: ZarrStore, path: str) -> ArrayNode:
    array = store.array(path)
    if array is None:
        raise UndecodedError("its metadata was not read" if store.unread else "it is no array")
    return array


def _numbers(store: ZarrStore, path: str) -> list[Any]:
    array = _array(store, path)
    key = chunk_key(store, array)
    if store.reader.remote and key in store.files and not store.reader.is_prefetched(key):
        raise UndecodedError(f"in a bucket, few arrays are read ({MAX_CHUNK // 1_000_000} MB at most)")
    return read_numbers(store, array)


class _Descents:
    """Finds descents in arrays of times, within a limit for all arrays of a store.

    Args:
        store: The store.
    """

    def __init__(self, store: ZarrStore) -> None:
        self._store = store
        self._left = _MAX_TIMES

    def find(self, path: str) -> Descent | None:
        """The first descent in an array.

        Raises:
            UndecodedError: It is not read here, or too much has been read already.
            BrokenChunkError: It is damaged.
        """
        count = prod(_array(self._store, path).shape)
        if count > self._left:
            raise UndecodedError(f"of a file, at most {_MAX_TIMES:,} times are compared")
        self._left -= count
        pairs = enumerate(pairwise(_numbers(self._store, path)))
        return next((Descent(position, before, after) for position, (before, after) in pairs if after < before), None)


def _text(store: ZarrStore, path: str) -> str:
    texts = read_texts(store, _array(store, path))
    if not texts:
        raise BrokenChunkError("it holds no text")
    return texts[0]


def _references_in(value: Any, pointer: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The references and links among attributes: objects with a source and a path."""
    if isinstance(value, dict):
        if "path" in value and "source" in value:
            yield value, pointer
            return
        for name, item in value.items():
            yield from _references_in(item, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _references_in(item, f"{pointer}/{number}")


def _add_reference(nwb: NwbFile, node: NwbNode, reference: dict[str, Any], pointer: str) -> None:
    source, path = reference.get("source"), reference.get("path")
    if source not in _SAME_FILE:
        nwb.findings.append(
            Problem(
                "reference-leaves-store",
                f"{node.path or 'the root'} of {nwb.name} refers to {path} in {source}, outside the store",
                node.key,
                None if node.pointer is None else f"{node.pointer}{pointer}/source",
                found=str(source),
                fix="Write the file again with a copy of the data instead of the link.",
            )
        )
    elif isinstance(path, str):
        target = path.strip("/")
        nwb.references.append((node, target))
        if pointer.startswith("/zarr_link/") and f"{node.path}/".startswith(f"{target}/" if target else ""):
            nwb.findings.append(
                Problem(
                    "nwb-reference",
                    f"{node.path or 'the root'} of {nwb.name} links to /{target}, which contains it: links in a circle",
                    node.key,
                    None if node.pointer is None else f"{node.pointer}{pointer}/path",
                    found=f"/{target}",
                )
            )


def _scan_pickles(store: ZarrStore, nwb: NwbFile) -> Iterator[Result]:
    """What the pickles in arrays of references would import, and what they refer to."""
    pickled = [array for array in store.arrays() if any(step.name == "pickle" for step in array.filters)]
    harmless: list[str] = []
    for array in pickled[:_MAX_SCANNED]:
        key = chunk_key(store, array)
        if key not in store.files:
            continue
        try:
            content = scan_pickle(read_chunk(store, array))
        except UndecodedError as error:
            yield NotRead(("pickled-code",), f"{key} holds pickled objects that were not scanned: {error}", key)
            continue
        except BrokenChunkError as error:
            yield Problem("broken-chunk", f"the chunk {key} is damaged: {error}", key)
            continue
        if content.unexpected:
            name = content.unexpected[0].replace(" ", ".")
            yield Problem(
                "pickled-code",
                f"{key} holds code that would run when it is opened: it calls {name}",
                key,
                found=name,
                fix="Do not open this store. Write it again with hdmf-zarr 0.14 or later, which pickles nothing.",
            )
            continue
        harmless.append(array.path)
        node = nwb.nodes[array.path]
        nwb.references += [(node, text.strip("/")) for text in dict.fromkeys(content.texts) if text.startswith("/")]
    if len(pickled) > _MAX_SCANNED:
        left = f"{len(pickled) - _MAX_SCANNED} more arrays of {nwb.name} hold pickled objects that were not scanned"
        yield NotRead(("pickled-code",), left, store.root_key)
    if harmless:
        yield Problem(
            "pickled-references",
            f"{nwb.name} stores references as pickled objects ({', '.join(harmless[:3])}"
            f"{', …' if len(harmless) > 3 else ''}); hdmf-zarr 0.14 and later open it only with an option",
            store.root_key,
        )
