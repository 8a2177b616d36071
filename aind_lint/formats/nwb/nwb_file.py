"""One model of an NWB file, for Zarr and HDF5: groups and datasets with their attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.problem import NotRead, Problem, Result

#: Datasets whose texts, and whose numbers, are needed.
TEXTS = (
    "session_start_time",
    *(f"general/subject/{name}" for name in ("subject_id", "species", "sex", "age")),
)
#: Attributes that are checked.
CHECKED_ATTRIBUTES = frozenset(["neurodata_type", "nwb_version", "colnames", "unit", "rate"])
#: Type of datasets that select rows of a table; their numbers are needed, too.
REGION = "DynamicTableRegion"
#: Type of datasets that say where each row of a ragged column ends; so are theirs.
INDEX = "VectorIndex"
NUMBERS = ("units/spike_times_index", "units/spike_times")


@dataclass(frozen=True, eq=False)
class NwbNode:
    """A group or a dataset.

    Attributes:
        path: Its path, without a slash at either end; empty for the root.
        attributes: Its attributes.
        shape: Items in each dimension; None for a group.
        key: Key, in the asset, of the file with its attributes.
        pointer: JSON pointer to the attributes in that file; None in HDF5.
        unreadable: Attributes that exist and could not be read.
    """

    path: str
    attributes: dict[str, Any]
    shape: tuple[int, ...] | None
    key: str
    pointer: str | None = None
    unreadable: frozenset[str] = frozenset()

    @property
    def type(self) -> str:
        """The neurodata type; empty if it has none."""
        stated = self.attributes.get("neurodata_type")
        return stated if isinstance(stated, str) else ""

    def problem(self, kind: str, message: str, attribute: str = "", **values: str | None) -> Problem:
        """A problem of this node, at one of its attributes or at all of it."""
        pointer = None if self.pointer is None else f"{self.pointer}/{attribute}" if attribute else self.pointer or None
        return Problem(kind, message, self.key, pointer, **values)


def stated_version(attributes: dict[str, Any]) -> str | None:
    """The version of NWB that the attributes of the root state, also as a list of one text; None if there is none."""
    version = attributes.get("nwb_version")
    if isinstance(version, list) and len(version) == 1:
        version = version[0]
    return version if isinstance(version, str) else None


class Descent(NamedTuple):
    """A number that is greater than the next.

    Attributes:
        position: Its position, from 0.
        before: The number.
        after: The next one.
    """

    position: int
    before: float
    after: float


@dataclass
class NwbFile:
    """An NWB file or store.

    Attributes:
        name: What messages call it.
        key: Key of its main file in the asset.
        nodes: Groups and datasets by path.
        read_text: Reads the text of a scalar dataset.
        read_numbers: Reads the numbers of a dataset.
        find_descent: Finds the first number of a dataset that is less than the one before it. All three raise
            `UndecodedError` for what is not read here, and `BrokenChunkError` for what is damaged.
        references: Every reference to a path in the file: the node that has it, and the path.
        findings: What was found while the file was read.
        prefix: The prefix of its keys in the asset, if it is a Zarr store; None in HDF5.
    """

    name: str
    key: str
    nodes: dict[str, NwbNode]
    read_text: Callable[[str], str]
    read_numbers: Callable[[str], list[Any]]
    find_descent: Callable[[str], Descent | None]
    references: list[tuple[NwbNode, str]] = field(default_factory=list)
    findings: list[Result] = field(default_factory=list)
    prefix: str | None = None

    def group(self, path: str) -> NwbNode | None:
        """The group at a path; None if there is none."""
        node = self.nodes.get(path)
        return node if node is not None and node.shape is None else None

    def dataset(self, path: str) -> NwbNode | None:
        """The dataset at a path; None if there is none."""
        node = self.nodes.get(path)
        return node if node is not None and node.shape is not None else None

    def groups(self) -> Iterator[NwbNode]:
        """All groups."""
        return (node for node in self.nodes.values() if node.shape is None)

    @property
    def start(self) -> str | None:
        """The start of the session, as it is stored; None if it is missing or not read."""
        return self._text("session_start_time")

    def subject(self, field: str) -> str | None:
        """A text about the subject, such as ``subject_id``; None if it is missing or not read."""
        return self._text(f"general/subject/{field}")

    def _text(self, path: str) -> str | None:
        if self.dataset(path) is None:
            return None
        try:
            return self.read_text(path)
        except (UndecodedError, BrokenChunkError):
            return None

    def not_read(self, kind: str, reason: object, node: NwbNode) -> NotRead:
        """That something in the file was not checked."""
        return NotRead((kind,), f"{node.path} of {self.name}: {reason}", node.key)
