"""How much of the data is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: How much of the data is read: nothing, some chunks of each array, or every byte.
Contents = Literal["none", "sample", "all"]

#: Chunks and bytes of an asset that a sample reads. A chunk takes about 30 µs on a local disk.
_CHUNKS, _BYTES = 1000, 64_000_000
#: Chunks of an asset in a bucket, each a request; the other requests read metadata.
_REQUESTS_FOR_CHUNKS = 40


@dataclass
class ReadBudget:
    """What may still be read of the chunks of one asset; infinite if everything is read.

    Attributes:
        chunks: Chunks.
        size: Bytes.
    """

    chunks: float
    size: float

    @classmethod
    def of(cls, contents: Contents, remote: bool) -> ReadBudget:
        """The budget of one asset.

        Args:
            contents: How much of the data is read.
            remote: Whether each chunk is a request to a bucket.
        """
        if contents == "all":
            return cls(float("inf"), float("inf"))
        return cls(_REQUESTS_FOR_CHUNKS if remote else _CHUNKS, _BYTES)

    def take(self, size: int) -> bool:
        """Whether a chunk of this size may be read; if so, it is counted."""
        if self.chunks < 1 or self.size < size:
            return False
        self.chunks -= 1
        self.size -= size
        return True
