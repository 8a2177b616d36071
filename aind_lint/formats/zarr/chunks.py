"""Are the chunks of a store present, whole, and of the size that the metadata demands?"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from lzma import FORMAT_RAW

from aind_lint.formats.codecs.blosc import HEADER_SIZE, read_blosc_header
from aind_lint.formats.codecs.byte_stream import MAX_DECOMPRESSED, decompressed_size
from aind_lint.formats.codecs.byte_window import ByteWindow, ReadPart
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.codecs.length_prefixed import split_items
from aind_lint.formats.codecs.shard_index import ShardIndex, inner_chunks
from aind_lint.formats.codecs.wavpack import count_wavpack_samples
from aind_lint.formats.codecs.zstd_frame import zstd_size
from aind_lint.formats.zarr.chunk_grid import ChunkGrid
from aind_lint.formats.zarr.codec_list import Codec, keeps_size_v3, parse_codecs_v3, split_codecs
from aind_lint.formats.zarr.malformed import MalformedMetadataError
from aind_lint.formats.zarr.metadata import ArrayNode
from aind_lint.storage.checksum import crc32c

#: Bytes of the index of a shard that is read: a shard with 65,536 inner chunks.
_MAX_INDEX = 2**20 + 4
#: Bytes of a chunk whose checksum is compared.
_MAX_CHECKSUMMED = 64_000_000
#: Codecs that write items of any length, and bytes of a chunk of them that are read: 1 MB can have 262,000 items.
_SPLIT, _MAX_SPLIT = ("vlen-utf8", "vlen-bytes", "vlen-array"), 1_000_000
#: The codecs that are known here, and the bytes of a chunk that are needed at most.
_BYTES_NEEDED = {
    "blosc": HEADER_SIZE, "lz4": 4, "zstd": 2**63, "wavpack": 2**63,
    "gzip": MAX_DECOMPRESSED, "zlib": MAX_DECOMPRESSED, "bz2": MAX_DECOMPRESSED, "lzma": MAX_DECOMPRESSED,
}  # fmt: skip


class UnknownSizeError(UndecodedError):
    """A chunk is whole, but does not show how many bytes it holds."""


class WrongSizeError(ValueError):
    """A whole chunk holds another number of bytes than shape and data type demand."""

    def __init__(self, held: int, expected: int) -> None:
        super().__init__(f"it holds {held:,} bytes instead of {expected:,}")
        self.held, self.expected = held, expected


class ChunkChecker:
    """Checks the chunks of one array as far as their container allows.

    Args:
        array: The array.
        whole: Check every inner chunk of a shard, too.
    """

    def __init__(self, array: ArrayNode, whole: bool = False) -> None:
        self._array = array
        self._whole = whole
        names = [codec.name.removeprefix("numcodecs.") for codec in array.codecs]
        self._checksums = 0
        while names and names[-1] == "crc32c":
            names.pop()
            self._checksums += 1
        self._codec = names[-1] if names else None
        self._is_shard = array.is_sharded and not names
        # Nothing but the lengths of its items shows whether a chunk of texts that are not compressed is whole.
        self._is_split = not names and any(step.name.removeprefix("numcodecs.") in _SPLIT for step in array.filters)
        # A second codec of bytes, or an index in front of them, changes how many there are.
        self._expected = None if array.is_sharded or len(names) > 1 else array.chunk_bytes

    def part_needed(self, size: int) -> tuple[int, int]:
        """The first byte and the length of what `check` reads, at most, of a chunk of ``size`` bytes."""
        if self._checksums or (self._is_shard and self._whole):
            return 0, size
        if self._is_shard:
            try:
                shard = self._shard
            except BrokenChunkError:
                return 0, 0
            return (0, 0) if shard is None or shard.size > min(size, _MAX_INDEX) else (shard.start(size), shard.size)
        return 0, min(size, _MAX_SPLIT if self._is_split else _BYTES_NEEDED.get(self._codec or "", 0))

    def check(self, size: int, read: ReadPart) -> None:
        """Check one chunk.

        Args:
            size: Bytes of the chunk as it is stored.
            read: Reads a part of it.

        Raises:
            BrokenChunkError: The chunk is cut off or damaged.
            WrongSizeError: It holds another number of bytes than shape and data type demand.
            UnknownSizeError: It is whole, and does not state how many bytes it holds.
            UndecodedError: This codec cannot be checked.
        """
        for _ in range(self._checksums):
            if size < 4:
                raise BrokenChunkError("it is shorter than its checksum")
            if size > _MAX_CHECKSUMMED:
                raise UndecodedError(f"more than {_MAX_CHECKSUMMED // 1_000_000} MB with a checksum")
            size -= 4
            if crc32c(read(0, size)) != int.from_bytes(read(size, 4), "little"):
                raise BrokenChunkError("its checksum is wrong")
        if self._is_shard:
            self._check_shard(size, read)
        elif self._codec is not None:
            self._check_container(self._codec, size, read)
        elif not self._is_split:
            _compare(size, self._expected)
        elif size > _MAX_SPLIT:
            raise UndecodedError(f"more than {_MAX_SPLIT // 1_000_000} MB of items of any length in one chunk")
        else:
            split_items(read(0, size))

    def _check_container(self, codec: str, size: int, read: ReadPart) -> None:
        expected = self._expected
        if codec == "blosc":
            header = read_blosc_header(read(0, HEADER_SIZE))
            if header.compressed_size != size:
                raise BrokenChunkError(f"its Blosc header states {header.compressed_size:,} bytes, it has {size:,}")
            _compare(header.size, expected)
        elif codec == "zstd":
            held = zstd_size(ByteWindow(read, size))
            if held is None and expected is not None:
                raise UnknownSizeError("a Zstandard frame in it does not state how many bytes it holds")
            _compare_known(held, expected)
        elif codec == "wavpack":
            rows = self._array.grid.chunks[0] if self._array.grid.chunks else 1
            samples = count_wavpack_samples(ByteWindow(read, size))
            if samples != rows:
                item = expected // rows if expected else 1
                raise WrongSizeError(samples * item, rows * item)
        elif codec == "lz4":
            if size < 4:
                raise BrokenChunkError("it is shorter than its header")
            _compare(int.from_bytes(read(0, 4), "little"), expected)
            raise UndecodedError("the end of an LZ4 chunk is not recognizable")
        elif codec == "lzma" and self._array.codecs[0].configuration.get("format") == FORMAT_RAW:
            raise UndecodedError("raw LZMA states neither its parameters nor its end")
        elif codec not in _BYTES_NEEDED:
            raise UndecodedError(f"the codec '{codec}' is unknown here")
        elif size > MAX_DECOMPRESSED:
            raise UndecodedError(f"more than {MAX_DECOMPRESSED // 1_000_000} MB in one chunk")
        else:
            _compare(decompressed_size(codec, read(0, size), expected), expected)

    def _check_shard(self, size: int, read: ReadPart) -> None:
        index = self._shard
        if index is None:
            raise UndecodedError("the index of the shard is compressed")
        if index.size > _MAX_INDEX:
            raise UndecodedError("the index of the shard is larger than 1 MB")
        if size < index.size:
            raise BrokenChunkError(f"the shard has {size:,} bytes, and its index alone {index.size:,}")
        inner = self._inner
        undecoded: UndecodedError | None = None
        for number, (start, length) in enumerate(inner_chunks(index, read(index.start(size), index.size), size)):
            try:
                if not inner._array.codecs and not inner._is_shard and not inner._is_split:
                    _compare(length, inner._expected)
                elif self._whole and not inner._is_shard:
                    inner.check(length, partial(_read_inside, read, start))
            except BrokenChunkError as error:
                raise BrokenChunkError(f"inner chunk {number} of the shard: {error}") from None
            except UndecodedError as error:
                undecoded = undecoded or error
        if undecoded is not None:
            raise undecoded

    @property
    def unread_inside(self) -> str | None:
        """Why the chunks inside the shards are not checked; None if they are, or if there are no shards."""
        if not self._is_shard:
            return None
        try:
            inner = self._inner
        except BrokenChunkError:
            return None  # each shard is reported
        if inner._is_shard:
            return "its shards contain shards"
        if inner._codec is not None and inner._codec not in _BYTES_NEEDED:
            return f"the codec '{inner._codec}' of the chunks in its shards is unknown here"
        if reason := inner._array.unsized:
            return f"the size of the chunks in its shards is not known: {reason}"
        if self._whole or not (inner._array.codecs or inner._is_split):
            return None
        return "only the index of its shards is read; --contents all reads the chunks in them"

    @cached_property
    def _inner(self) -> ChunkChecker:
        """Checks the inner chunks of a shard as if they were stored by themselves.

        Raises:
            BrokenChunkError: The codecs of the inner chunks are malformed.
        """
        array = self._array
        configuration = _sharding(array).configuration
        try:
            filters, codecs = split_codecs(parse_codecs_v3(configuration.get("codecs"), ""))
        except MalformedMetadataError as error:
            raise BrokenChunkError(f"the codecs of the inner chunks are malformed: {error}") from None
        shape = tuple(configuration["chunk_shape"])
        grid = ChunkGrid(shape, shape, array.grid.separator, array.grid.prefix)
        inner = replace(array, grid=grid, filters=filters, codecs=codecs, fixed_size=keeps_size_v3(filters))
        return ChunkChecker(inner, self._whole)

    @cached_property
    def _shard(self) -> ShardIndex | None:
        """How the shards of the array are indexed; None if that cannot be read here.

        Raises:
            BrokenChunkError: The configuration contradicts the array.
        """
        configuration = _sharding(self._array).configuration
        inner = configuration.get("chunk_shape")
        outer = _transposed(self._array)
        if not isinstance(inner, list) or len(inner) != len(outer):
            raise BrokenChunkError("the inner chunks of its shards have another number of dimensions")
        chunks = 1
        for whole, part in zip(outer, inner, strict=True):
            if not isinstance(part, int) or isinstance(part, bool) or part < 1 or whole % part:
                raise BrokenChunkError(f"the shape of a shard, {list(outer)}, is no multiple of {inner}")
            chunks *= whole // part
        try:
            _, checksums = split_codecs(parse_codecs_v3(configuration.get("index_codecs", []), ""))
        except MalformedMetadataError as error:
            raise BrokenChunkError(f"the codecs of the shard's index are malformed: {error}") from None
        if any(step.name != "crc32c" for step in checksums):
            return None
        return ShardIndex(chunks, configuration.get("index_location", "end") != "start", bool(checksums))


def _sharding(array: ArrayNode) -> Codec:
    return next(codec for codec in array.filters if codec.name == "sharding_indexed")


def _transposed(array: ArrayNode) -> tuple[int, ...]:
    """The shape of a shard, whose dimensions a codec before it can have put into another order."""
    shape = array.grid.chunks
    for codec in array.filters:
        order = codec.configuration.get("order") if codec.name == "transpose" else None
        if isinstance(order, list) and sorted(map(str, order)) == sorted(map(str, range(len(shape)))):
            shape = tuple(shape[int(position)] for position in order)
    return shape


def _read_inside(read: ReadPart, outer: int, start: int, length: int) -> bytes:
    return read(outer + start, length)


def _compare(held: int, expected: int | None) -> None:
    if expected is not None and held != expected:
        raise WrongSizeError(held, expected)


def _compare_known(held: int | None, expected: int | None) -> None:
    if held is not None:
        _compare(held, expected)
