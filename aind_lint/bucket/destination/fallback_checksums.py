"""Checksums of servers without CRC64NVME: CRC32C, and the ETag if it is computed from MD5."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from aind_lint.bucket.body import Body, part_size
from aind_lint.storage.checksum import crc32c, encode_crc32c

_CHUNK = 1 << 20


def has_checksum(body: Body, checksums: Mapping[str, str]) -> bool:
    """Whether one of the ``checksums`` of a stored object (``CRC32C``, ``ETag``) is that of a body, which is read."""
    etag = checksums.get("ETag", "")
    if etag and etag == (etag_of(body) if "-" in etag else md5_of(body).hex()):
        return True
    return "CRC32C" in checksums and checksums["CRC32C"] == crc32c_of(body)


def crc32c_of(body: Body) -> str:
    """The CRC32C in the encoding of S3."""
    crc = 0
    for chunk in _chunks(body):
        crc = crc32c(chunk, crc)
    return encode_crc32c(crc)


def md5_of(body: Body) -> bytes:
    """The MD5; in hexadecimal the ETag of an object that was uploaded in a single request."""
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in _chunks(body):
        digest.update(chunk)
    return digest.digest()


def etag_of(body: Body) -> str:
    """The ETag of an object that was uploaded in parts."""
    size, digests, remaining = part_size(body.size), [], 0
    for chunk in _chunks(body):
        if not remaining:
            digests.append(hashlib.md5(usedforsecurity=False))
            remaining = size
        digests[-1].update(chunk)  # a part is a multiple of a chunk
        remaining -= len(chunk)
    combined = hashlib.md5(b"".join(digest.digest() for digest in digests), usedforsecurity=False)
    return f"{combined.hexdigest()}-{len(digests)}"


def _chunks(body: Body) -> Iterator[bytes]:
    with body.open() as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
