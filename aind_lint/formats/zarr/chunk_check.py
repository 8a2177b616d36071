"""What the chunks of a store lack: which are missing, stray, empty, broken, or of another size."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import zip_longest
from typing import Literal, NamedTuple

from aind_lint.formats.codecs.byte_window import ReadPart, window_of_stream
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.file_reader import Range, UnreadableError
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.read_budget import ReadBudget
from aind_lint.formats.zarr.census import ArrayCensus, chunk_keys
from aind_lint.formats.zarr.chunks import ChunkChecker, UnknownSizeError, WrongSizeError
from aind_lint.formats.zarr.store import ZarrStore

#: What a store contains decides what a missing chunk means.
Flavor = Literal["nwb", "ome", "spikeinterface", "plain"]

#: What reading the chunks of an array would show.
_BOTH = "broken-chunk", "chunk-size"
#: Keys of missing chunks that a message names.
_NAMED = 3
#: Larger numbers are rounded in messages.
_EXACT = 10**15
#: Bytes of a chunk in a folder that one system call reads; of a larger one, only its headers are read.
_READ_AT_ONCE = 65_536
#: Bytes that are read at once from a bucket.
_BATCH_BYTES, _BATCH_CHUNKS = 16_000_000, 64


def check_presence(store: ZarrStore, flavor: Flavor, explained: Collection[str] = ()) -> Iterator[Result]:
    """Problems that the listing alone shows: missing, stray and empty chunks.

    Args:
        store: The store.
        flavor: What it contains.
        explained: Keys of metadata files with a wrong shape: that explains chunks outside and inside the grid.
    """
    for folder, key in sorted(store.census.unassigned.items()):
        name = folder.rstrip("/") or store.name
        metadata = "zarr.json" if store.version == 3 else ".zarray"
        yield Problem(
            "unreachable-chunks",
            f"{key} looks like a chunk, but {name} has no metadata of an array, so no reader sees its data",
            key,
            expected=f"{folder}{metadata}",
            fix=f"Restore {folder}{metadata}, or write the array again.",
        )
    # Where little is stored of any array, as of sparse labels, smaller levels can have nothing to store.
    most_are_stored = any(array.count and array.count >= array.missing_count for array in store.census.arrays.values())
    for array in store.census.arrays.values():
        for key in array.empty:
            yield Problem("empty-chunk", f"the chunk {key} has no bytes", key, found="0 bytes")
        if array.node.key in explained:
            continue
        yield from _strays(array)
        if array.missing_count > 0 and not (array.stray_count and not array.count):
            yield from _missing(store, array, flavor, most_are_stored)


def _strays(array: ArrayCensus) -> Iterator[Problem]:
    if not array.stray_count:
        return
    grid = array.node.grid
    example = grid.key(tuple(0 for _ in grid.lengths))
    if array.count == 0 and not grid.count:
        yield Problem(
            "unreachable-chunks",
            f"{array.node.path or 'the array'} has the shape {list(grid.shape)}, so no reader sees its "
            f"{array.stray_count:,} chunks",
            array.node.key,
            "/shape",
            found=str(list(grid.shape)),
        )
        return
    if array.count == 0:
        yield Problem(
            "unreachable-chunks",
            f"none of the {array.stray_count:,} chunks of {array.node.path or 'the array'} can be found: readers look "
            f"for keys like '{example}', the files are called like '{array.strays[0][len(array.prefix) :]}'",
            array.node.key,
            found=array.strays[0][len(array.prefix) :],
            expected=example,
        )
        return
    for key in array.strays:
        yield Problem(
            "stray-chunk",
            f"{key} looks like a chunk, but lies outside the grid of {array.node.path or 'the array'} "
            f"({' × '.join(map(str, grid.lengths)) or 'one'} chunks)",
            key,
        )


def _missing(store: ZarrStore, array: ArrayCensus, flavor: Flavor, most_are_stored: bool) -> Iterator[Problem]:
    node = array.node
    kind: str | None = None
    if flavor == "spikeinterface" and node.path.startswith(("traces_seg", "times_seg")):
        kind = "trace-chunk-missing"
    elif flavor == "nwb" and node.version == 2 and node.item_size is not None:
        kind = "nwb-chunk-missing"
    elif array.count:
        kind = "chunk-not-stored"
    elif flavor == "ome" and most_are_stored:
        kind = "level-without-chunks"
    if kind is None:
        return
    where = node.path or "the array"
    if array.count == 0:
        yield Problem(kind, f"{where} has none of its {_number(node.grid.count)} chunks", node.key, found="0 chunks")
        return
    keys = array.missing(store.files, _NAMED)
    named = f", such as {', '.join(keys)}" if keys else ""
    yield Problem(
        kind,
        f"{_number(array.missing_count)} of the {_number(node.grid.count)} chunks of {where} do not exist{named}",
        keys[0] if keys else node.key,
        found=f"{array.count} chunks",
        expected=f"{_number(node.grid.count)} chunks",
    )


def _number(count: int) -> str:
    return f"{count:,}" if count < _EXACT else f"about {float(count):.0e}" if count < 10**300 else "more than 1e+300"


class _Chunk(NamedTuple):
    """A chunk to check, with the part of it that is needed."""

    array: _ArrayChunks
    key: str
    size: int
    part: Range


def check_chunks(store: ZarrStore, budget: ReadBudget) -> Iterator[Result]:
    """Problems of the bytes of the chunks: of a sample, or of all if the budget is infinite."""
    everything = budget.chunks == float("inf")
    census = store.census.arrays.values()
    arrays = [_ArrayChunks(array, everything) for array in sorted(census, key=_rank)]
    chosen = _all_chunks(store, arrays) if everything else _sampled_chunks(arrays, budget)
    read = 0
    for batch in _batches(chosen):
        contents = (
            store.reader.read_many([chunk.part for chunk in batch]) if store.reader.remote else [b""] * len(batch)
        )
        for chunk, content in zip(batch, contents, strict=True):
            chunk.array.check(store, chunk, content)
        read += len(batch)
    for array in arrays:
        yield from array.problems()
    yield from _not_checked(arrays)
    total = sum(array.count - array.empty_count for array in census)
    if read < total and not everything:
        left = f"{read:,} of {total:,} chunks were read; --contents all reads every chunk"
        yield NotRead(_BOTH, left, store.root_key)


def _not_checked(arrays: list[_ArrayChunks]) -> Iterator[NotRead]:
    """What could not be checked of the chunks, once for each reason."""
    by_reason: dict[tuple[tuple[str, ...], str], list[tuple[str, str]]] = {}
    for array in arrays:
        for kinds, reason, where, key in array.not_checked():
            by_reason.setdefault((kinds, reason), []).append((where, key))
    for (kinds, reason), places in by_reason.items():
        more = f" (and {len(places) - 1:,} more arrays)" if len(places) > 1 else ""
        yield NotRead(kinds, f"{places[0][0]}{more}: {reason}", places[0][1])


def _rank(array: ArrayCensus) -> tuple[bool, int]:
    """Where an array comes in the order of reading: large arrays first, and last the schemas that NWB files contain."""
    return array.node.path.startswith("specifications/"), -(array.smallest or (0, ""))[0] * array.count


def _all_chunks(store: ZarrStore, arrays: list[_ArrayChunks]) -> Iterator[_Chunk]:
    for array in arrays:
        for key, size in chunk_keys(store.files, array.census):
            if size:
                yield _Chunk(array, key, size, Range(key, *array.checker.part_needed(size)))


def _sampled_chunks(arrays: list[_ArrayChunks], budget: ReadBudget) -> Iterator[_Chunk]:
    """The samples of all arrays within the budget: first one chunk of each array, then the second, and so on.

    They are sorted by key: the next file is in the same folder, which need not be opened again.
    """
    samples = [[(array, key, size) for key, size in array.census.sampled().items() if size] for array in arrays]
    chosen = []
    for turn in zip_longest(*samples):
        for array, key, size in filter(None, turn):
            part = Range(key, *array.checker.part_needed(size))
            if budget.take(part.length):
                chosen.append(_Chunk(array, key, size, part))
    return iter(sorted(chosen, key=lambda chunk: chunk.key))


def _batches(chosen: Iterator[_Chunk]) -> Iterator[list[_Chunk]]:
    """As many chunks as may be in memory at once."""
    batch: list[_Chunk] = []
    size = 0
    for chunk in chosen:
        batch.append(chunk)
        size += chunk.part.length
        if size >= _BATCH_BYTES or len(batch) == _BATCH_CHUNKS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _ArrayChunks:
    """The chunks of one array, and what is wrong with them; problems with one cause become one.

    Attributes:
        census: Which chunks there are.
        checker: Checks one of them.
    """

    def __init__(self, census: ArrayCensus, whole: bool) -> None:
        self.census = census
        self.checker = ChunkChecker(census.node, whole)
        self._name = census.node.path or "the array"
        self._broken: list[Problem] = []
        self._wrong: list[tuple[str, WrongSizeError]] = []
        self._undecoded: dict[tuple[tuple[str, ...], str], list[str]] = {}
        self._read = 0

    def check(self, store: ZarrStore, chunk: _Chunk, content: bytes | UnreadableError) -> None:
        """Check one chunk; in a folder, what is needed of it is read now."""
        _, key, size, part = chunk
        self._read += 1
        try:
            if isinstance(content, UnreadableError):
                raise content
            if store.reader.remote or part.length <= _READ_AT_ONCE:
                if part.length and not store.reader.remote:
                    content = store.reader.read(*part)
                self.checker.check(size, _reader_of(part, content))
            else:
                with store.reader.listing.open(key) as stream:
                    self.checker.check(size, window_of_stream(stream, size).get)
        except BrokenChunkError as error:
            message = f"the chunk {key} of {size:,} bytes is damaged: {error}"
            self._broken.append(Problem("broken-chunk", message, key, found=f"{size} bytes"))
        except WrongSizeError as error:
            self._wrong.append((key, error))
        except (UndecodedError, UnreadableError, OSError) as error:
            kinds = ("chunk-size",) if isinstance(error, UnknownSizeError) else _BOTH
            self._undecoded.setdefault((kinds, str(error)), []).append(key)

    def problems(self) -> Iterator[Problem]:
        """The problems of the chunks that were read."""
        yield from self._broken
        if self._wrong:
            key, error = self._wrong[0]
            node = self.census.node
            items = f" ({' × '.join(map(str, node.grid.chunks))} items of {node.item_size} bytes)"
            items = " in an inner chunk" if node.is_sharded else items
            yield Problem(
                "chunk-size",
                f"{len(self._wrong):,} of {self._read:,} chunks read of {self._name} do not "
                f"have the size that its metadata demands, such as {key}: {error}{items}",
                key,
                found=str(error.held),
                expected=str(error.expected),
            )

    def not_checked(self) -> Iterator[tuple[tuple[str, ...], str, str, str]]:
        """What was not checked: the kinds of problems, the reason, where, and the key of a file."""
        node = self.census.node
        for (kinds, reason), keys in self._undecoded.items():
            more = f" (and {len(keys) - 1:,} more chunks)" if len(keys) > 1 else ""
            yield kinds, reason, f"{keys[0]}{more}", keys[0]
        if not self.census.count:
            return
        if unsized := node.unsized:
            yield ("chunk-size",), f"the size of its chunks is not known: {unsized}", self._name, node.key
        elif self._read and not self._undecoded and (unread := self.checker.unread_inside):
            yield _BOTH, unread, self._name, node.key


def _reader_of(part: Range, content: bytes) -> ReadPart:
    """Reads from the part of a chunk that is in memory."""
    return lambda start, length: content[start - part.start : start - part.start + length]
