"""Are the chunks of a store present, whole, and of the size that the metadata demands?"""

from __future__ import annotations

import bz2
import lzma
import zlib
from dataclasses import replace
from functools import partial
from typing import Any

from aind_lint.formats.codecs.blosc import HEADER_SIZE, read_blosc_header
from aind_lint.formats.codecs.byte_window import ByteWindow, ReadPart
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.codecs.shard_index import ShardIndex, inner_chunks
from aind_lint.formats.codecs.wavpack import count_wavpack_samples
from aind_lint.formats.codecs.zstd_frame import zstd_size
from aind_lint.formats.zarr.chunk_grid import ChunkGrid
from aind_lint.formats.zarr.metadata import (
    ArrayNode,
    Codec,
    MalformedMetadataError,
    keeps_size_v3,
    parse_codecs_v3,
    split_codecs,
)
from aind_lint.storage.checksum import crc32c

#: Bytes of the index of a shard that is read: a shard with 65,536 inner chunks.
_MAX_INDEX = 2**20 + 4
#: Bytes of a chunk whose checksum is compared.
_MAX_CHECKSUMMED = 64_000_000
#: Bytes of a chunk that is decompressed, before and after: zlib takes 1 s for 200 MB.
_MAX_DECOMPRESSED = 4_000_000


class WrongSizeError(ValueError):
    """A whole chunk holds another number of bytes than shape and data type demand."""

    def __init__(self, held: int, expected: int) -> None:
        super().__init__(f"it holds {held:,} bytes instead of {expected:,}")
        self.held, self.expected = held, expected


def part_needed(array: ArrayNode, size: int, whole: bool) -> tuple[int, int]:
    """The first byte and the length of what `check_chunk` reads of a chunk at most."""
    if not array.codecs:
        if whole and is_sharded(array):
            return 0, size
        try:
            shard = _shard(array)
        except BrokenChunkError:
            shard = None
        return (0, 0) if shard is None or shard.size > min(size, _MAX_INDEX) else (shard.start(size), shard.size)
    if array.codecs[-1].name in ("blosc", "numcodecs.blosc"):
        return 0, min(size, HEADER_SIZE)
    return 0, size


def is_sharded(array: ArrayNode) -> bool:
    """Whether the chunks of an array are shards."""
    return any(codec.name == "sharding_indexed" for codec in array.filters)


def check_chunk(array: ArrayNode, size: int, read: ReadPart, whole: bool = False) -> None:
    """Check one chunk as far as its container allows.

    Args:
        array: The array.
        size: Bytes of the chunk as it is stored.
        read: Reads a part of it.
        whole: Check every inner chunk of a shard, too.

    Raises:
        BrokenChunkError: The chunk is cut off or damaged.
        WrongSizeError: It holds another number of bytes than shape and data type demand.
        UndecodedError: This codec cannot be checked.
    """
    if not array.codecs:
        if is_sharded(array):
            _check_shard(array, size, read, whole)
            return
        _compare(size, array.chunk_bytes)
        return
    codecs = list(array.codecs)
    while codecs and codecs[-1].name in ("crc32c", "numcodecs.crc32c"):
        codecs.pop()
        if size < 4:
            raise BrokenChunkError("it is shorter than its checksum")
        if size > _MAX_CHECKSUMMED:
            raise UndecodedError(f"more than {_MAX_CHECKSUMMED // 1_000_000} MB with a checksum")
        size -= 4
        if crc32c(read(0, size)) != int.from_bytes(read(size, 4), "little"):
            raise BrokenChunkError("its checksum is wrong")
    expected = array.chunk_bytes if len(codecs) <= 1 else None
    _check_container(codecs[-1] if codecs else None, array, size, expected, read)


def _check_container(codec: Codec | None, array: ArrayNode, size: int, expected: int | None, read: ReadPart) -> None:
    name = "" if codec is None else codec.name.removeprefix("numcodecs.")
    if codec is None:
        _compare(size, expected)
        return
    if name == "blosc":
        header = read_blosc_header(read(0, HEADER_SIZE))
        if header.compressed_size != size:
            raise BrokenChunkError(f"its Blosc header states {header.compressed_size:,} bytes, it has {size:,}")
        _compare(header.size, expected)
        return
    if name not in ("zstd", "wavpack", "gzip", "zlib", "bz2", "lzma", "lz4"):
        raise UndecodedError(f"the codec '{name}' is unknown here")
    if name == "lz4":
        if size < 4:
            raise BrokenChunkError("it is shorter than its header")
        _compare(int.from_bytes(read(0, 4), "little"), expected)
        raise UndecodedError("the end of an LZ4 chunk is not recognizable")
    if name == "zstd":
        _compare_known(zstd_size(ByteWindow(read, size)), expected)
    elif name == "wavpack":
        rows = array.grid.chunks[0] if array.grid.chunks else 1
        samples = count_wavpack_samples(ByteWindow(read, size))
        if samples != rows:
            item = expected // rows if expected else 1
            raise WrongSizeError(samples * item, rows * item)
    elif size > _MAX_DECOMPRESSED:
        raise UndecodedError(f"more than {_MAX_DECOMPRESSED // 1_000_000} MB in one chunk")
    else:
        _check_stream(name, read(0, size), expected)


def _check_stream(name: str, data: bytes, expected: int | None) -> None:
    """Decompress a chunk with the standard library, at most one byte more than expected."""
    decompressor: Any = {
        "gzip": lambda: zlib.decompressobj(31),
        "zlib": zlib.decompressobj,
        "bz2": bz2.BZ2Decompressor,
        "lzma": lzma.LZMADecompressor,
    }[name]()
    limit = min(_MAX_DECOMPRESSED * 16, expected if expected is not None else _MAX_DECOMPRESSED * 16) + 1
    if not data:
        raise BrokenChunkError("it is empty")
    try:
        held = len(decompressor.decompress(data, limit))
    except (zlib.error, OSError, lzma.LZMAError, EOFError):
        raise BrokenChunkError(f"the {name} stream is damaged") from None
    if expected is not None and held > expected:
        raise WrongSizeError(held, expected)
    if not decompressor.eof:
        if held >= limit:
            raise UndecodedError(f"more than {limit - 1:,} bytes")
        raise BrokenChunkError(f"the {name} stream is cut off")
    _compare_known(held, expected)


def _check_shard(array: ArrayNode, size: int, read: ReadPart, whole: bool) -> None:
    index = _shard(array)
    if index is None:
        raise UndecodedError("the index of the shard is compressed")
    if index.size > _MAX_INDEX:
        raise UndecodedError("the index of the shard is larger than 1 MB")
    if size < index.size:
        raise BrokenChunkError(f"the shard has {size:,} bytes, and its index alone {index.size:,}")
    inner = _inner_array(array)
    for number, (start, length) in enumerate(inner_chunks(index, read(index.start(size), index.size), size)):
        try:
            if not inner.codecs:
                _compare(length, inner.chunk_bytes)
            elif whole:
                check_chunk(inner, length, partial(_read_inside, read, start))
        except BrokenChunkError as error:
            raise BrokenChunkError(f"inner chunk {number} of the shard: {error}") from None


def _read_inside(read: ReadPart, outer: int, start: int, length: int) -> bytes:
    return read(outer + start, length)


def _inner_array(array: ArrayNode) -> ArrayNode:
    """The array as if its inner chunks were stored by themselves.

    Raises:
        BrokenChunkError: The codecs of the inner chunks are malformed.
        UndecodedError: They are shards, too.
    """
    configuration = next(codec for codec in array.filters if codec.name == "sharding_indexed").configuration
    try:
        filters, codecs = split_codecs(parse_codecs_v3(configuration.get("codecs"), ""))
    except MalformedMetadataError as error:
        raise BrokenChunkError(f"the codecs of the inner chunks are malformed: {error}") from None
    shape = tuple(configuration["chunk_shape"])
    grid = ChunkGrid(shape, shape, array.grid.separator, array.grid.prefix)
    inner = replace(array, grid=grid, filters=filters, codecs=codecs, fixed_size=keeps_size_v3(filters))
    if is_sharded(inner):
        raise UndecodedError("its shards contain shards")
    return inner


def _shard(array: ArrayNode) -> ShardIndex | None:
    """How the shards of an array are indexed; None if that cannot be read here.

    Raises:
        BrokenChunkError: The configuration contradicts the array.
    """
    codec = next((codec for codec in array.filters if codec.name == "sharding_indexed"), None)
    if codec is None:
        return None
    inner = codec.configuration.get("chunk_shape")
    outer = array.grid.chunks
    if not isinstance(inner, list) or len(inner) != len(outer):
        raise BrokenChunkError("the inner chunks of its shards have another number of dimensions")
    chunks = 1
    for whole, part in zip(outer, inner, strict=True):
        if not isinstance(part, int) or isinstance(part, bool) or part < 1 or whole % part:
            raise BrokenChunkError(f"the shape of a shard, {list(outer)}, is no multiple of {inner}")
        chunks *= whole // part
    try:
        _, checksums = split_codecs(parse_codecs_v3(codec.configuration.get("index_codecs", []), ""))
    except MalformedMetadataError as error:
        raise BrokenChunkError(f"the codecs of the shard's index are malformed: {error}") from None
    if any(step.name != "crc32c" for step in checksums):
        return None
    return ShardIndex(chunks, codec.configuration.get("index_location", "end") != "start", bool(checksums))


def _compare(held: int, expected: int | None) -> None:
    if expected is not None and held != expected:
        raise WrongSizeError(held, expected)


def _compare_known(held: int | None, expected: int | None) -> None:
    if held is not None:
        _compare(held, expected)
