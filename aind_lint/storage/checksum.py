"""CRC64NVME, the full-object checksum of S3: of bytes, of streams, and as S3 writes it; CRC32C for older servers.

S3 stores the checksum of a whole object, also of one sent in parts, so it can be compared without reading the data.
It finds damage, not malice: whoever may write to the bucket can make two files with one CRC.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import BinaryIO

_CHUNK = 1 << 20


def crc64nvme(data: bytes | bytearray | memoryview, previous: int = 0) -> int:
    """The CRC64NVME of ``data``, continuing from ``previous``."""
    from awscrt import checksums  # a large library, and most checks need no checksum

    return int(checksums.crc64nvme(data, previous))


def crc64nvme_of_stream(stream: BinaryIO) -> tuple[int, str]:
    """Size in bytes and encoded CRC64NVME of everything left in a stream."""
    size, crc = crc64nvme_of_next(stream, None)
    return size, encode_crc(crc)


def crc64nvme_of_next(stream: BinaryIO, limit: int | None) -> tuple[int, int]:
    """Size and CRC64NVME of the next ``limit`` bytes of a stream, or of all that is left."""
    size, crc = 0, 0
    while chunk := stream.read(_CHUNK if limit is None else min(_CHUNK, limit - size)):
        size += len(chunk)
        crc = crc64nvme(chunk, crc)
    return size, crc


def encode_crc(crc: int) -> str:
    """A CRC as S3 writes it: base64 of eight bytes, the highest first."""
    return binascii.b2a_base64(crc.to_bytes(8, "big"), newline=False).decode("ascii")


def decode_crc(text: str) -> int:
    """The CRC that S3 writes as ``text``.

    Raises:
        ValueError: It is not the base64 of eight bytes.
    """
    raw = base64.b64decode(text, validate=True)
    if len(raw) != 8:
        raise ValueError(f"'{text}' is no CRC64NVME")
    return int.from_bytes(raw, "big")


def joined_crc(parts: Iterable[tuple[int, int]]) -> int:
    """The CRC of a whole from those of its parts in order, each with its size in bytes."""
    from awscrt import checksums

    whole = 0
    for crc, size in parts:
        whole = int(checksums.combine_crc64nvme(whole, crc, size))
    return whole


def crc32c(data: bytes | bytearray | memoryview, previous: int = 0) -> int:
    """The CRC32C of ``data``, continuing from ``previous``."""
    from awscrt import checksums

    return int(checksums.crc32c(data, previous))


def encode_crc32c(crc: int) -> str:
    """A CRC32C as S3 writes it: base64 of four bytes, the highest first."""
    return binascii.b2a_base64(crc.to_bytes(4, "big"), newline=False).decode("ascii")


def joined_crc32c(parts: Iterable[tuple[int, int]]) -> int:
    """The CRC32C of a whole from those of its parts in order, each with its size in bytes."""
    from awscrt import checksums

    whole = 0
    for crc, size in parts:
        whole = int(checksums.combine_crc32c(whole, crc, size))
    return whole
