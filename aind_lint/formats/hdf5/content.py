"""The content of an HDF5 file, listed by another process."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aind_lint.formats.codecs.chunk_error import UndecodedError

#: Seconds that one file may take.
_TIMEOUT = 60.0
#: Bytes of a listing.
_MAX_LISTING = 200_000_000


@dataclass(frozen=True)
class Hdf5Content:
    """What an HDF5 file contains.

    Attributes:
        nodes: Groups and datasets by path: ``attributes`` that were asked for, those that are ``unreadable`` with the
            reason, and for a dataset ``shape``.
        external: Links and datasets whose data is in another file: path and place.
        dangling: Links and references to nothing: path and target.
        unfollowed: Datasets of references that were not followed: path and reason.
        circles: Paths of links to a group that contains them.
        texts: The text of each dataset that was asked for.
        numbers: The numbers of each dataset that was asked for, and of small ones that tables need.
        descents: The first number of each array of times that is greater than the next: its position and both
            numbers; empty if there is none.
        complete: Whether every node is listed.
    """

    nodes: dict[str, dict[str, Any]]
    external: list[tuple[str, str]]
    dangling: list[tuple[str, str]]
    unfollowed: list[tuple[str, str]]
    circles: list[str]
    texts: dict[str, Any]
    numbers: dict[str, Any]
    descents: dict[str, Any]
    complete: bool


def read_content(
    root: Path, key: str, attributes: Collection[str], texts: Sequence[str], numbers: Sequence[str]
) -> Hdf5Content:
    """List the content of a file.

    Args:
        root: The folder of the asset.
        key: The key of the file.
        attributes: Attributes whose values are wanted.
        texts: Datasets whose text is wanted.
        numbers: Globs of the datasets whose numbers are wanted; ``*`` also matches ``/``.

    Raises:
        UndecodedError: It cannot be listed here: h5py is not installed, or fails.
    """
    if find_spec("h5py") is None:
        raise UndecodedError("h5py is not installed (pip install 'aind-lint[hdf5]')")
    from subprocess import TimeoutExpired

    from aind_lint.system.python_process import can_start_python, kill, start_python  # import 10 ms of modules

    if not can_start_python():
        raise UndecodedError("this program cannot start Python")
    try:
        process = start_python("from aind_lint.formats.hdf5.dump import main; main()")
    except OSError as error:
        raise UndecodedError(f"Python cannot be started: {error}") from None
    try:
        request = {
            "root": str(root.absolute()), "key": key, "attributes": sorted(attributes), "texts": list(texts),
            "numbers": list(numbers),
        }  # fmt: skip
        output, _ = process.communicate(json.dumps(request).encode("ascii") + b"\n", timeout=_TIMEOUT)
    except TimeoutExpired:
        raise UndecodedError(f"it took longer than {_TIMEOUT:.0f} s") from None
    finally:
        kill(process)
    answer: dict[str, Any]
    try:
        answer = json.loads(output) if len(output) <= _MAX_LISTING else {"error": "too many nodes"}
    except ValueError:
        raise UndecodedError("h5py crashed") from None
    if "error" in answer:
        raise UndecodedError(f"h5py: {answer['error']}")
    external, dangling, unfollowed = (
        [(str(path), str(text)) for path, text in answer[name]] for name in ("external", "dangling", "unfollowed")
    )
    circles = [str(path) for path in answer["circles"]]
    return Hdf5Content(
        answer["nodes"], external, dangling, unfollowed, circles, answer["texts"], answer["numbers"],
        answer["descents"], answer["complete"],
    )  # fmt: skip
