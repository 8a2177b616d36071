"""The parts of a large object, and whether a part that a server stores already is the planned one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from aind_lint.bucket.body import Body, part_size
from aind_lint.storage.checksum import combine_crc64nvme, encode_crc


@dataclass(frozen=True)
class Part:
    """One part of a body.

    Attributes:
        number: The part number, from 1.
        offset: The position of its first byte.
        size: Bytes.
        crc: Its CRC64NVME.
    """

    number: int
    offset: int
    size: int
    crc: int


def parts_of(body: Body) -> list[Part]:
    """The parts of a body, with the planned checksums."""
    size = part_size(body.size)
    offsets = range(0, body.size, size)
    parts = [
        Part(number, offset, min(size, body.size - offset), crc)
        for number, (offset, crc) in enumerate(zip(offsets, body.parts, strict=True), 1)
    ]
    if encode_crc(combine_crc64nvme((part.crc, part.size) for part in parts)) != body.crc64nvme:
        raise AssertionError("the checksums of the parts are not that of the whole")
    return parts


def is_part(found: Any, part: Part, body: Body, etag: str | None) -> bool:
    """Whether a stored part is the planned one.

    Compares the checksum; if the server shows none, the ``etag`` of the response when this machine sent the part, or
    the MD5.
    """
    if found["Size"] != part.size:
        return False
    if "ChecksumCRC64NVME" in found:
        return bool(found["ChecksumCRC64NVME"] == encode_crc(part.crc))
    if etag is not None and found["ETag"] == etag:
        return True
    digest = hashlib.md5(usedforsecurity=False)
    with body.open() as stream:
        stream.seek(part.offset)
        left = part.size
        while left and (chunk := stream.read(min(left, 1 << 20))):
            digest.update(chunk)
            left -= len(chunk)
    return bool(found["ETag"].strip('"') == digest.hexdigest())
