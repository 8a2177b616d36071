"""The metadata of Zarr arrays and groups, versions 2 and 3.

Sources: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html and
https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from aind_lint.formats.zarr.chunk_grid import ChunkGrid
from aind_lint.formats.zarr.codec_list import (
    SAME_SIZE_CODECS,
    VARIABLE_FILTERS,
    Codec,
    check_transposes,
    keeps_size_v2,
    keeps_size_v3,
    parse_codec_v2,
    parse_codecs_v3,
    split_codecs,
)
from aind_lint.formats.zarr.data_types import is_variable_v3, item_size_v2, item_size_v3
from aind_lint.formats.zarr.malformed import MalformedMetadataError, UnknownExtensionError, require_object

#: The names of the metadata files.
ARRAY_V2, GROUP_V2, ATTRIBUTES_V2, CONSOLIDATED_V2, NODE_V3 = ".zarray", ".zgroup", ".zattrs", ".zmetadata", "zarr.json"
METADATA_FILES = frozenset({ARRAY_V2, GROUP_V2, ATTRIBUTES_V2, CONSOLIDATED_V2, NODE_V3})

#: Members of a zarr.json. Readers must refuse others, unless these say that they need not be understood.
_MEMBERS = {
    "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs",
    "attributes", "dimension_names", "storage_transformers", "consolidated_metadata",
}  # fmt: skip
_MAX_DIMENSIONS = 32
_TOO_DEEP = "the data type is nested too deeply"

Version = Literal[2, 3]


@dataclass(frozen=True)
class GroupNode:
    """A group.

    Attributes:
        path: Its path in the store, without a slash at either end; empty for the root.
        key: Key, in the asset, of the file with its attributes.
        attributes: Its attributes.
        pointer: JSON pointer to the attributes in that file.
    """

    path: str
    key: str
    attributes: dict[str, Any]
    pointer: str = ""


@dataclass(frozen=True)
class ArrayNode:
    """An array.

    Attributes:
        path: Its path in the store, without a slash at either end.
        key: Key, in the asset, of the file with its shape.
        attributes: Its attributes.
        attributes_key: Key, in the asset, of the file with its attributes.
        pointer: JSON pointer to the attributes in that file.
        version: The version of Zarr.
        data_type: The data type, as it is stored.
        item_size: Bytes of an item; None if that varies.
        grid: Its chunks.
        filters: What is applied to the items first (v2 filters; v3 codecs up to the one that makes bytes).
        codecs: What is applied to the bytes, in the order of writing.
        fixed_size: Whether a chunk has ``chunk_bytes`` before `codecs` are applied.
    """

    path: str
    key: str
    attributes: dict[str, Any]
    attributes_key: str
    pointer: str
    version: Version
    data_type: Any
    item_size: int | None
    grid: ChunkGrid
    filters: tuple[Codec, ...]
    codecs: tuple[Codec, ...]
    fixed_size: bool

    @cached_property
    def is_sharded(self) -> bool:
        """Whether its chunks are shards."""
        return any(codec.name == "sharding_indexed" for codec in self.filters)

    @property
    def chunk_bytes(self) -> int | None:
        """Bytes of a chunk before compression; None if that varies."""
        if self.item_size is None or not self.fixed_size:
            return None
        size = self.item_size
        for length in self.grid.chunks:
            size *= length
        return size

    @property
    def unsized(self) -> str | None:
        """Why it is not known how many bytes a chunk must have, although its items have one size; None if it is."""
        for step in self.filters:
            name = step.name.removeprefix("numcodecs.")
            if name in VARIABLE_FILTERS:
                return None
            if self.version == 2 and not keeps_size_v2(step, self.item_size):
                return f"it has the filter '{step.name}'"
            if self.version == 3 and step.name not in SAME_SIZE_CODECS:
                return f"it has the codec '{step.name}'"
        if self.version == 3 and not self.filters:
            return f"it has the codec '{self.codecs[0].name}'"
        compressors = [step for step in self.codecs if step.name.removeprefix("numcodecs.") != "crc32c"]
        if len(compressors) > 1 or (compressors and self.is_sharded):
            return f"the codec '{compressors[-1].name}' is applied to what is encoded already"
        if self.item_size is None and self.version == 3 and not is_variable_v3(self.data_type):
            return f"its data type {str(self.data_type)[:60]} is unknown here"
        return None

    @property
    def shape(self) -> tuple[int, ...]:
        """Items in each dimension."""
        return self.grid.shape


Node = GroupNode | ArrayNode


def parse_array_v2(path: str, key: str, content: Any, attributes: dict[str, Any], attributes_key: str) -> ArrayNode:
    """The array that a ``.zarray`` file describes.

    Raises:
        MalformedMetadataError: A required member is missing or unusable.
    """
    members = require_object(content, "")
    if members.get("zarr_format") != 2:
        raise MalformedMetadataError("/zarr_format", "'zarr_format' of a .zarray file must be 2")
    shape, chunks = _shape(members, "shape", ""), _shape(members, "chunks", "", least=1)
    _same_length(shape, chunks, "/chunks")
    try:
        item_size = item_size_v2(members.get("dtype"))
    except ValueError as error:
        raise MalformedMetadataError("/dtype", str(error)) from None
    except RecursionError:
        raise MalformedMetadataError("/dtype", _TOO_DEEP) from None
    separator = members.get("dimension_separator", ".")
    if separator not in (".", "/"):
        raise MalformedMetadataError("/dimension_separator", "'dimension_separator' must be '.' or '/'")
    if members.get("order") not in ("C", "F"):
        raise MalformedMetadataError("/order" if "order" in members else "", "'order' must be 'C' or 'F'")
    _require_fill_value(members)
    filters = tuple(
        parse_codec_v2(item, f"/filters/{n}") for n, item in enumerate(_list(members, "filters", "/filters"))
    )
    compressor = members.get("compressor")
    codecs = (parse_codec_v2(compressor, "/compressor"),) if compressor is not None else ()
    fixed = all(keeps_size_v2(filter_, item_size) for filter_ in filters)
    grid = ChunkGrid(shape, chunks, separator)
    return ArrayNode(
        path, key, attributes, attributes_key, "", 2, members.get("dtype"), item_size, grid, filters, codecs, fixed
    )


def parse_node_v3(path: str, key: str, content: Any) -> Node:
    """The group or array that a ``zarr.json`` file describes.

    Raises:
        MalformedMetadataError: A required member is missing or unusable.
        UnknownExtensionError: It has an extension that is not known here.
    """
    members = require_object(content, "")
    if members.get("zarr_format") != 3:
        raise MalformedMetadataError("/zarr_format", "'zarr_format' of a zarr.json file must be 3")
    for name in members.keys() - _MEMBERS:
        if not (isinstance(members[name], dict) and members[name].get("must_understand") is False):
            raise UnknownExtensionError("", name)
    if members.get("storage_transformers"):
        raise UnknownExtensionError("/storage_transformers", members["storage_transformers"])
    attributes = require_object(members.get("attributes", {}), "/attributes")
    if members.get("node_type") == "group":
        return GroupNode(path, key, attributes, "/attributes")
    if members.get("node_type") != "array":
        raise MalformedMetadataError("/node_type", "'node_type' must be 'array' or 'group'")
    shape = _shape(members, "shape", "")
    grid = _grid_v3(shape, members)
    try:
        item_size = item_size_v3(members.get("data_type"))
    except ValueError as error:
        raise MalformedMetadataError("/data_type", str(error)) from None
    except RecursionError:
        raise MalformedMetadataError("/data_type", _TOO_DEEP) from None
    codecs = parse_codecs_v3(_list(members, "codecs", "/codecs"), "/codecs")
    if not codecs:
        raise MalformedMetadataError("/codecs", "an array needs a codec that turns its items into bytes")
    check_transposes(codecs, len(shape), "/codecs")
    _require_fill_value(members)
    _check_dimension_names(members.get("dimension_names"), len(shape))
    filters, remaining = split_codecs(codecs)
    return ArrayNode(
        path, key, attributes, key, "/attributes", 3, members.get("data_type"), item_size, grid,
        filters, remaining, keeps_size_v3(filters),
    )  # fmt: skip


def _grid_v3(shape: tuple[int, ...], members: dict[str, Any]) -> ChunkGrid:
    grid = require_object(members.get("chunk_grid"), "/chunk_grid")
    if isinstance(grid.get("name"), str) and grid["name"] != "regular":
        raise UnknownExtensionError("/chunk_grid", grid["name"])
    if grid.get("name") != "regular":
        raise MalformedMetadataError("/chunk_grid/name", "the chunk grid has no name")
    where = "/chunk_grid/configuration"
    chunks = _shape(require_object(grid.get("configuration"), where), "chunk_shape", where, least=1)
    _same_length(shape, chunks, f"{where}/chunk_shape")
    encoding = require_object(members.get("chunk_key_encoding"), "/chunk_key_encoding")
    configuration = require_object(encoding.get("configuration", {}), "/chunk_key_encoding/configuration")
    default = {"default": "/", "v2": "."}.get(str(encoding.get("name")))
    if default is None and isinstance(encoding.get("name"), str):
        raise UnknownExtensionError("/chunk_key_encoding", encoding["name"])
    if default is None:
        raise MalformedMetadataError("/chunk_key_encoding/name", "the encoding of chunk keys has no name")
    separator = configuration.get("separator", default)
    if separator not in (".", "/"):
        raise MalformedMetadataError("/chunk_key_encoding/configuration/separator", "the separator must be '.' or '/'")
    return ChunkGrid(shape, chunks, separator, "c" if default == "/" else "")


def _require_fill_value(members: dict[str, Any]) -> None:
    if "fill_value" not in members:
        raise MalformedMetadataError("", "'fill_value' is missing, which readers require")


def _check_dimension_names(names: Any, dimensions: int) -> None:
    where = "/dimension_names"
    if names is None:
        return
    if not isinstance(names, list) or not all(name is None or isinstance(name, str) for name in names):
        raise MalformedMetadataError(where, "'dimension_names' must be a list of texts")
    if len(names) != dimensions:
        raise MalformedMetadataError(where, f"the array has {dimensions} dimensions, 'dimension_names' {len(names)}")


def _list(members: dict[str, Any], name: str, pointer: str) -> list[Any]:
    value = members.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedMetadataError(pointer, f"'{name}' must be a list")
    return value


def _shape(members: dict[str, Any], name: str, pointer: str, least: int = 0) -> tuple[int, ...]:
    value = members.get(name)
    usable = isinstance(value, list) and all(
        isinstance(length, int) and not isinstance(length, bool) and length >= least for length in value
    )
    if not usable or not isinstance(value, list):
        raise MalformedMetadataError(f"{pointer}/{name}", f"'{name}' must be a list of whole numbers from {least}")
    if len(value) > _MAX_DIMENSIONS:
        raise MalformedMetadataError(f"{pointer}/{name}", f"'{name}' has more than {_MAX_DIMENSIONS} dimensions")
    return tuple(value)


def _same_length(shape: tuple[int, ...], chunks: tuple[int, ...], pointer: str) -> None:
    if len(shape) != len(chunks):
        raise MalformedMetadataError(pointer, f"the array has {len(shape)} dimensions, its chunks {len(chunks)}")
