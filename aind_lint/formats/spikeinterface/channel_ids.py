"""The ids of the channels of a recording, by which SpikeInterface finds channels: each id is of one channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.zarr.metadata import ArrayNode
from aind_lint.formats.zarr.store import ZarrStore
from aind_lint.formats.zarr.values import chunk_key, read_numbers, read_texts


def check_unique(ids: Sequence[Any], kind: str, key: str, pointer: str | None = None) -> Iterator[Problem]:
    """An id that two channels have; 1 and "1" are two ids.

    Args:
        ids: The ids in the order of the channels.
        kind: The kind of the problem.
        key: The key of the file that has the ids.
        pointer: JSON pointer to the ids in that file; None if it is not JSON.
    """
    first: dict[str, int] = {}
    repeated = [(n, m) for n, one in enumerate(ids) if (m := first.setdefault(repr(one), n)) != n]
    if repeated:
        later, earlier = repeated[0]
        more = f" ({len(repeated)} ids are repeated)" if len(repeated) > 1 else ""
        yield Problem(
            kind,
            f"channels {earlier} and {later} in {key} have the same id {ids[later]!r}{more}: SpikeInterface finds only "
            "one of them",
            key,
            None if pointer is None else f"{pointer}/{later}",
            found=str(ids[later]),
            expected="a different id for every channel",
            fix="Save the recording again with a different id for every channel.",
        )


def check_stored_ids(store: ZarrStore, array: ArrayNode) -> Iterator[Result]:
    """An id that two channels of a recording in Zarr have."""
    key = chunk_key(store, array)
    if not array.shape[0]:
        return
    try:
        if array.grid.count > 1:
            raise UndecodedError("they are in several chunks")
        if key not in store.files:
            raise UndecodedError("their chunk is not stored")
        yield from check_unique(_ids(store, array), "recording", key)
    except UndecodedError as error:
        yield NotRead(("recording",), f"the channel ids of {store.name} were not read: {error}", key)
    except BrokenChunkError:
        return  # chunks are checked by themselves


def _ids(store: ZarrStore, array: ArrayNode) -> list[Any]:
    is_number = isinstance(array.data_type, str) and array.data_type.lstrip("<>|=").startswith(("i", "u", "f"))
    return read_numbers(store, array) if is_number else read_texts(store, array)[: array.shape[0]]
