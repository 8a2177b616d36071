"""Values of an NWB file that were not read, reported once for all arrays of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.nwb.nwb_file import NwbFile, NwbNode
from aind_lint.formats.problem import NotRead, Problem


class UnreadValues:
    """Reads values, and remembers what was not read.

    Args:
        nwb: The file.
        kind: The kind of problems that the values would show.
        what: What messages call such values, in the plural.
    """

    def __init__(self, nwb: NwbFile, kind: str, what: str) -> None:
        self._nwb, self._kind, self._what = nwb, kind, what
        self._unread: list[tuple[NwbNode, UndecodedError]] = []

    def read(self, node: NwbNode, read: Callable[[str], Any]):  # type: ignore[no-untyped-def]
        """What ``read`` returns for the path of a dataset; None if it is not read, after a problem if it is damaged."""
        try:
            return read(node.path)
        except UndecodedError as error:
            self._unread.append((node, error))
        except BrokenChunkError as error:
            message = f"{node.path} of {self._nwb.name} cannot be read: {error}"
            yield Problem("broken-chunk", message, node.key)
        return None

    def results(self) -> Iterator[NotRead]:
        """What was not read."""
        if self._unread:
            (first, reason), more = self._unread[0], len(self._unread) - 1
            also = f" (and {more:,} more {self._what})" if more else ""
            yield NotRead((self._kind,), f"{first.path} of {self._nwb.name}{also}: {reason}", first.key)
