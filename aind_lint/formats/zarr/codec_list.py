"""The codecs and filters of an array, versions 2 and 3 of Zarr."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aind_lint.formats.zarr.data_types import item_size_v2
from aind_lint.formats.zarr.malformed import MalformedMetadataError, require_object

#: The codecs that turn items into bytes; those before them change items, those after them bytes.
_ARRAY_TO_BYTES = {
    "bytes", "endian", "sharding_indexed", "vlen-utf8", "vlen-bytes", "vlen-array", "string", "packbits",
    "numcodecs.vlen-utf8", "numcodecs.vlen-bytes", "numcodecs.vlen-array", "numcodecs.pickle", "numcodecs.json2",
    "numcodecs.msgpack2", "numcodecs.pcodec", "numcodecs.zfpy",
}  # fmt: skip
#: Codecs of Zarr v3 that change the items of a chunk but not their size.
SAME_SIZE_CODECS = ("transpose", "bitround", "numcodecs.bitround", "bytes", "endian", "sharding_indexed")
#: Zarr v2 filters that change the bytes of a chunk but not their number.
_SAME_SIZE_FILTERS = {"shuffle", "bitround"}
#: Those that write items of the type ``astype``, or of their own.
_TYPED_FILTERS = {"delta", "fixedscaleoffset", "quantize"}
#: Filters, of both versions, that make items of any length, so that shape and type demand no size of a chunk.
VARIABLE_FILTERS = {"vlen-utf8", "vlen-bytes", "vlen-array", "pickle", "json2", "msgpack2", "string"}


@dataclass(frozen=True)
class Codec:
    """One step of the encoding of a chunk.

    Attributes:
        name: The name: ``blosc``.
        configuration: Its parameters.
    """

    name: str
    configuration: dict[str, Any] = field(default_factory=dict)


def keeps_size_v3(filters: tuple[Codec, ...]) -> bool:
    """Whether the codecs up to the one that makes bytes give as many bytes as the items have."""
    return bool(filters) and all(codec.name in SAME_SIZE_CODECS for codec in filters)


def split_codecs(codecs: list[Codec]) -> tuple[tuple[Codec, ...], tuple[Codec, ...]]:
    """The codecs up to the one that turns items into bytes, and the codecs of bytes after it."""
    for number, codec in enumerate(codecs):
        if codec.name in _ARRAY_TO_BYTES:
            return tuple(codecs[: number + 1]), tuple(codecs[number + 1 :])
    return (), tuple(codecs)


def parse_codecs_v3(items: Any, pointer: str) -> list[Codec]:
    """The codecs of an inner list, such as that of a shard.

    Raises:
        MalformedMetadataError: This is no list of codecs.
    """
    if not isinstance(items, list):
        raise MalformedMetadataError(pointer, "a list of codecs is needed")
    return [_parse_codec_v3(item, f"{pointer}/{number}") for number, item in enumerate(items)]


def check_transposes(codecs: list[Codec], dimensions: int, pointer: str) -> None:
    """Require that every ``transpose``, also in shards, names each dimension once.

    Codecs after one that may change the dimensions are not checked, nor malformed codecs of shards, which are
    reported where shards are read.

    Raises:
        MalformedMetadataError: One does not.
    """
    pending = [(codec, f"{pointer}/{number}") for number, codec in reversed(list(enumerate(codecs)))]
    while pending:
        codec, where = pending.pop()
        if codec.name not in SAME_SIZE_CODECS:
            return
        if codec.name == "transpose":
            _check_order(codec.configuration.get("order"), dimensions, where)
        elif codec.name == "sharding_indexed":
            where += "/configuration/codecs"
            try:
                inner = parse_codecs_v3(codec.configuration.get("codecs"), where)
            except MalformedMetadataError:
                return
            pending = [(step, f"{where}/{number}") for number, step in reversed(list(enumerate(inner)))]


def _check_order(order: Any, dimensions: int, pointer: str) -> None:
    if order in ("C", "F"):  # early versions of Zarr v3
        return
    if (
        not isinstance(order, list)
        or any(type(one) is not int for one in order)
        or sorted(order) != [*range(dimensions)]
    ):
        stated = "missing" if order is None else json.dumps(order)[:100]
        raise MalformedMetadataError(
            pointer if order is None else f"{pointer}/configuration/order",
            f"'order' of the codec 'transpose' is {stated}, but must name each of the {dimensions} dimensions once, "
            "counted from 0",
        )


def parse_codec_v2(item: Any, pointer: str) -> Codec:
    """A filter or the compressor of an array.

    Raises:
        MalformedMetadataError: It has no ``id``.
    """
    members = require_object(item, pointer)
    if not isinstance(members.get("id"), str):
        raise MalformedMetadataError(pointer, "a codec needs an 'id'")
    return Codec(members["id"], members)


def keeps_size_v2(filter_: Codec, item_size: int | None) -> bool:
    """Whether a filter of Zarr v2 gives as many bytes as it takes."""
    if filter_.name in _SAME_SIZE_FILTERS:
        return True
    members = filter_.configuration
    try:
        given = item_size_v2(members.get("astype") or members.get("dtype"))
    except (ValueError, RecursionError):
        return False
    return filter_.name in _TYPED_FILTERS and given == item_size


def _parse_codec_v3(item: Any, pointer: str) -> Codec:
    if isinstance(item, str):
        return Codec(item)
    members = require_object(item, pointer)
    if not isinstance(members.get("name"), str):
        raise MalformedMetadataError(pointer, "a codec needs a 'name'")
    return Codec(members["name"], require_object(members.get("configuration") or {}, f"{pointer}/configuration"))
