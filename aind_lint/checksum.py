"""CRC64NVME, the full-object checksum of S3: of bytes, of streams, and as S3 writes it.

S3 stores the checksum of a whole object, also of one sent in parts, so it can be compared without reading the data.
It finds damage, not malice: whoever may write to the bucket can make two files with one CRC.
"""

from __future__ import annotations

import base64
from typing import BinaryIO

from awscrt import checksums

_CHUNK = 1 << 20


def crc64nvme(data: bytes | bytearray | memoryview, previous: int = 0) -> int:
    """The CRC64NVME of ``data``, continuing from ``previous``."""
    return int(checksums.crc64nvme(data, previous))


def crc64nvme_of_stream(stream: BinaryIO) -> tuple[int, str]:
    """Size in bytes and encoded CRC64NVME of everything left in a stream."""
    size, crc = 0, 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        crc = crc64nvme(chunk, crc)
    return size, encode_crc(crc)


def encode_crc(crc: int) -> str:
    """A CRC as S3 writes it: base64 of eight bytes, the highest first."""
    return base64.b64encode(crc.to_bytes(8, "big")).decode("ascii")
