"""CRC64NVME, the full-object checksum of S3, of bytes and streams and in the encoding of S3; CRC32C for older servers.

S3 stores the checksum of a whole object, also of a multipart upload, so objects are compared without reading them.
A CRC detects damage but no forgery: anyone who can write to the bucket can make two files with the same CRC.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from functools import cache
from typing import Any, BinaryIO

from aind_lint.storage import python_checksums

_CHUNK = 1 << 20


@cache
def _library() -> Any:
    """awscrt, a large library that most checks do not need; where it has no wheel, our own functions."""
    try:
        from awscrt import checksums
    except ImportError:
        return python_checksums
    return checksums


def crc64nvme(data: bytes | bytearray | memoryview, previous: int = 0) -> int:
    """The CRC64NVME of ``data``, continuing from ``previous``."""
    return int(_library().crc64nvme(data, previous))


def crc64nvme_of_stream(stream: BinaryIO) -> tuple[int, str]:
    """Size in bytes and encoded CRC64NVME of the rest of a stream."""
    size, crc = crc64nvme_of_next(stream, None)
    return size, encode_crc(crc)


def crc64nvme_of_next(stream: BinaryIO, limit: int | None) -> tuple[int, int]:
    """Size and CRC64NVME of the next ``limit`` bytes of a stream, or of all the rest."""
    size, crc = 0, 0
    while chunk := stream.read(_CHUNK if limit is None else min(_CHUNK, limit - size)):
        size += len(chunk)
        crc = crc64nvme(chunk, crc)
    return size, crc


def encode_crc(crc: int) -> str:
    """A CRC64NVME in the encoding of S3: base64 of eight bytes, big-endian."""
    return binascii.b2a_base64(crc.to_bytes(8, "big"), newline=False).decode("ascii")


def decode_crc(text: str) -> int:
    """The CRC64NVME that S3 encodes as ``text``.

    Raises:
        ValueError: The text is not the base64 of eight bytes.
    """
    raw = base64.b64decode(text, validate=True)
    if len(raw) != 8:
        raise ValueError(f"'{text}' is not a CRC64NVME")
    return int.from_bytes(raw, "big")


def combine_crc64nvme(parts: Iterable[tuple[int, int]]) -> int:
    """The CRC64NVME of an object from its parts in order, each a CRC and a size in bytes."""
    combined = 0
    for crc, size in parts:
        combined = python_checksums.combine_crc64nvme(combined, crc, size)
    return combined


def crc32c(data: bytes | bytearray | memoryview, previous: int = 0) -> int:
    """The CRC32C of ``data``, continuing from ``previous``."""
    return int(_library().crc32c(data, previous))


def encode_crc32c(crc: int) -> str:
    """A CRC32C in the encoding of S3: base64 of four bytes, big-endian."""
    return binascii.b2a_base64(crc.to_bytes(4, "big"), newline=False).decode("ascii")


def combine_crc32c(parts: Iterable[tuple[int, int]]) -> int:
    """The CRC32C of an object from its parts in order, each a CRC and a size in bytes."""
    combined = 0
    for crc, size in parts:
        combined = python_checksums.combine_crc32c(combined, crc, size)
    return combined
