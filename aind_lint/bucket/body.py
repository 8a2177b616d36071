"""The content of an object to store, with its checksum, and how it is divided into parts."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile, gettempdir
from typing import BinaryIO, cast

from aind_lint.errors import ConflictError, UsageError, os_error_reason
from aind_lint.storage.checksum import crc64nvme, encode_crc

#: Bytes of the largest object in S3.
MAX_OBJECT = 5 * 2**40

_SMALLEST_PART = 16 * 2**20
_MAX_PARTS = 10_000
#: Bytes of a generated body that stay in memory.
_MAX_IN_MEMORY = 4 * 2**20


class ContentChangedError(ConflictError):
    """A file changed after the plan was made, so the bytes to send are not the planned bytes."""

    exit_code = 2  # a conflict on this side, not in the bucket

    def __init__(
        self,
        key: str,
        problem: str = "changed while it was published; the change was not stored. "
        "Run the same command again when no program writes to the file",
    ) -> None:
        super().__init__(f"{key} {problem}")


@dataclass(frozen=True)
class Body:
    """The content of an object to store.

    Attributes:
        size: Bytes.
        crc64nvme: Checksum of the whole content, in the encoding of S3.
        open: Opens the content as a seekable stream.
        parts: The checksum of each part, for a body larger than one part.
    """

    size: int
    crc64nvme: str
    open: Callable[[], BinaryIO]
    parts: Sequence[int] = ()

    def read(self, key: str) -> bytes:
        """The whole content; ``key`` is for messages.

        Raises:
            ContentChangedError: The content does not have the planned size and checksum.
        """
        with self.open() as stream:
            content = stream.read(self.size + 1)
        if len(content) != self.size or encode_crc(crc64nvme(content)) != self.crc64nvme:
            raise ContentChangedError(key)
        return content

    @classmethod
    def of_bytes(cls, content: bytes) -> Body:
        """A body in memory."""
        return cls(len(content), encode_crc(crc64nvme(content)), lambda: io.BytesIO(content))

    @classmethod
    def of_chunks(cls, chunks: Callable[[], Iterable[bytes]]) -> Body:
        """A body that ``chunks`` generates each time it is opened; a large one goes through a temporary file."""
        size = crc = 0
        collected: list[bytes] = []
        for chunk in chunks():
            size += len(chunk)
            crc = crc64nvme(chunk, crc)
            if size <= _MAX_IN_MEMORY:
                collected.append(chunk)
        if size <= _MAX_IN_MEMORY:
            content = b"".join(collected)
            return cls(size, encode_crc(crc), lambda: io.BytesIO(content))

        def open_spooled() -> BinaryIO:
            stream = SpooledTemporaryFile(_MAX_IN_MEMORY)  # noqa: SIM115 - the caller closes it
            try:
                for chunk in chunks():
                    stream.write(chunk)
                stream.seek(0)
            except OSError as error:
                with suppress(OSError):
                    stream.close()
                raise UsageError(
                    f"{size:,} bytes cannot be written to the folder for temporary files, {gettempdir()} "
                    f"({os_error_reason(error)}); free space there, or name another folder in TMPDIR"
                ) from None
            return cast(BinaryIO, stream)

        return cls(size, encode_crc(crc), open_spooled)


def part_size(size: int) -> int:
    """Bytes of a part of an object of ``size`` bytes. An object that is not larger is sent in a single request."""
    part = _SMALLEST_PART
    while part * _MAX_PARTS < size:
        part *= 2
    return part
