"""What the chunks of a store lack: which are missing, stray, empty, broken, or of another size."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import zip_longest
from typing import Literal, NamedTuple

from aind_lint.formats.codecs.byte_window import WINDOW, ReadPart, window_of_stream
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.file_reader import Range, UnreadableError
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.read_budget import ReadBudget
from aind_lint.formats.zarr.census import ArrayCensus, chunk_keys
from aind_lint.formats.zarr.chunks import WrongSizeError, check_chunk, is_sharded, part_needed
from aind_lint.formats.zarr.store import ZarrStore

#: What a store contains decides what a missing chunk means.
Flavor = Literal["nwb", "ome", "spikeinterface", "plain"]

#: Keys of missing chunks that a message names.
_NAMED = 3
#: Larger numbers are rounded in messages.
_EXACT = 10**15
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
            f"{key} looks like a chunk, but lies outside the grid of {array.node.path} "
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

    array: ArrayCensus
    key: str
    size: int
    part: Range


def check_chunks(store: ZarrStore, budget: ReadBudget) -> Iterator[Result]:
    """Problems of the bytes of the chunks: of a sample, or of all if the budget is infinite."""
    everything = budget.chunks == float("inf")
    arrays = sorted(store.census.arrays.values(), key=_rank)
    chosen = _all_chunks(store, arrays) if everything else _sampled_chunks(arrays, budget)
    problems = {array.prefix: _ArrayProblems(array, everything) for array in arrays}
    read = 0
    for batch in _batches(chosen):
        contents = (
            store.reader.read_many([chunk.part for chunk in batch]) if store.reader.remote else [b""] * len(batch)
        )
        for chunk, content in zip(batch, contents, strict=True):
            problems[chunk.array.prefix].check(store, chunk, content)
        read += len(batch)
    for one in problems.values():
        yield from one.results()
    for array in arrays:
        if array.count and (reason := array.node.unsized):
            name = array.node.path or "the array"
            yield NotRead(("chunk-size",), f"the size of the chunks of {name} is not known: {reason}", array.node.key)
    total = sum(array.count - array.empty_count for array in arrays)
    if read < total and not everything:
        left = f"{read:,} of {total:,} chunks were read; --contents all reads every chunk"
        yield NotRead(("broken-chunk", "chunk-size"), left, store.root_key)


def _rank(array: ArrayCensus) -> tuple[bool, int]:
    """Where an array comes in the order of reading: large arrays first, and last the schemas that NWB files contain."""
    return array.node.path.startswith("specifications/"), -(array.smallest or (0, ""))[0] * array.count


def _all_chunks(store: ZarrStore, arrays: list[ArrayCensus]) -> Iterator[_Chunk]:
    for array in arrays:
        for key, size in chunk_keys(store.files, array):
            if size:
                yield _Chunk(array, key, size, Range(key, *part_needed(array.node, size, whole=True)))


def _sampled_chunks(arrays: list[ArrayCensus], budget: ReadBudget) -> Iterator[_Chunk]:
    """The samples of all arrays within the budget: first one chunk of each array, then the second, and so on.

    They are sorted by key: the next file is in the same folder, which need not be opened again.
    """
    samples = [[(array, key, size) for key, size in array.sampled().items() if size] for array in arrays]
    chosen = []
    for turn in zip_longest(*samples):
        for array, key, size in filter(None, turn):
            part = Range(key, *part_needed(array.node, size, whole=False))
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


class _ArrayProblems:
    """The problems of the chunks of one array; those with one cause become one problem."""

    def __init__(self, array: ArrayCensus, whole: bool) -> None:
        self._array = array
        self._whole = whole
        self._broken: list[Problem] = []
        self._wrong: list[tuple[str, WrongSizeError]] = []
        self._undecoded: list[tuple[str, str]] = []
        self._read = 0

    def check(self, store: ZarrStore, chunk: _Chunk, content: bytes | UnreadableError) -> None:
        """Check one chunk; in a folder, what is needed of it is read now."""
        _, key, size, part = chunk
        self._read += 1
        try:
            if isinstance(content, UnreadableError):
                raise content
            if store.reader.remote or part.length <= WINDOW:
                if part.length and not store.reader.remote:
                    content = store.reader.read(*part)
                check_chunk(self._array.node, size, _reader_of(part, content), self._whole)
            else:
                with store.reader.listing.open(key) as stream:
                    check_chunk(self._array.node, size, window_of_stream(stream, size).get, self._whole)
        except BrokenChunkError as error:
            message = f"the chunk {key} of {size:,} bytes is damaged: {error}"
            self._broken.append(Problem("broken-chunk", message, key, found=f"{size} bytes"))
        except WrongSizeError as error:
            self._wrong.append((key, error))
        except (UndecodedError, UnreadableError, OSError) as error:
            self._undecoded.append((key, str(error)))

    def results(self) -> Iterator[Result]:
        """The problems of the array."""
        yield from self._broken
        if self._wrong:
            key, error = self._wrong[0]
            node = self._array.node
            items = f" ({' × '.join(map(str, node.grid.chunks))} items of {node.item_size} bytes)"
            items = " in an inner chunk" if is_sharded(node) else items
            yield Problem(
                "chunk-size",
                f"{len(self._wrong):,} of {self._read:,} chunks read of {self._array.node.path or 'the array'} do not "
                f"have the size that its metadata demands, such as {key}: {error}{items}",
                key,
                found=str(error.held),
                expected=str(error.expected),
            )
        if self._undecoded:
            key, reason = self._undecoded[0]
            more = f" (and {len(self._undecoded) - 1:,} more chunks)" if len(self._undecoded) > 1 else ""
            yield NotRead(("broken-chunk", "chunk-size"), f"{key}{more}: {reason}", key)


def _reader_of(part: Range, content: bytes) -> ReadPart:
    """Reads from the part of a chunk that is in memory."""
    return lambda start, length: content[start - part.start : start - part.start + length]
