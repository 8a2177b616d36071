"""Sums that servers without CRC64NVME keep of an object: its CRC32C, and its ETag where that is made of MD5."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from aind_lint.bucket.store import Body, part_size
from aind_lint.storage.checksum import crc32c, encode_crc32c

_CHUNK = 1 << 20


def has_sums(body: Body, sums: Mapping[str, str]) -> bool:
    """Whether a body has one of the sums that a server keeps of an object of its size; it is read for that."""
    etag = sums.get("ETag", "")
    if etag and etag == (etag_of(body) if "-" in etag else md5_of(body).hex()):
        return True
    return "CRC32C" in sums and sums["CRC32C"] == crc32c_of(body)


def crc32c_of(body: Body) -> str:
    """The CRC32C as S3 writes it."""
    crc = 0
    for chunk in _chunks(body):
        crc = crc32c(chunk, crc)
    return encode_crc32c(crc)


def md5_of(body: Body) -> bytes:
    """The MD5; in hexadecimal it is the ETag of an object that was sent in one piece."""
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in _chunks(body):
        digest.update(chunk)
    return digest.digest()


def etag_of(body: Body) -> str:
    """The ETag of an object that was sent in parts."""
    size, digests, left = part_size(body.size), [], 0
    for chunk in _chunks(body):
        if not left:
            digests.append(hashlib.md5(usedforsecurity=False))
            left = size
        digests[-1].update(chunk)  # parts are a multiple of chunks
        left -= len(chunk)
    whole = hashlib.md5(b"".join(digest.digest() for digest in digests), usedforsecurity=False)
    return f"{whole.hexdigest()}-{len(digests)}"


def _chunks(body: Body) -> Iterator[bytes]:
    with body.open() as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
