"""The content of an asset as one document: every key with size and checksum, in one canonical form.

Two assets with equal manifests have equal content. The form is JSON with one file per line, sorted by the UTF-8 bytes
of the keys, so that it can be written and read as a stream and compared with ``diff``.
"""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from json.encoder import encode_basestring
from typing import BinaryIO, NamedTuple

from aind_lint.asset.files import KeyTable
from aind_lint.checksum import decode_crc, encode_crc
from aind_lint.errors import DamagedError

FORMAT_VERSION = 1

_LINES = 1000
_HEAD = re.compile(rb'\{"format_version": ([0-9]+), "asset": (".*"), "files": \[\n')


class Entry(NamedTuple):
    """One file of an asset.

    Attributes:
        key: Path inside the asset.
        size: Bytes.
        crc64nvme: Checksum of the whole file, as S3 writes it.
    """

    key: str
    size: int
    crc64nvme: str


class Manifest:
    """Every file of an asset, sorted by the UTF-8 bytes of the key; a million of them fit in 50 MB.

    Attributes:
        asset: The asset's name.
        size: Sum of the sizes, in bytes.
    """

    def __init__(self, asset: str, keys: KeyTable, sizes: array[int], crcs: array[int]) -> None:
        self.asset = asset
        self.size = sum(sizes)
        self._keys = keys
        self._sizes = sizes
        self._crcs = crcs

    @classmethod
    def of(cls, asset: str, entries: Iterable[Entry]) -> Manifest:
        """A manifest of entries in any order."""
        rows = sorted(entries)
        crcs = array("Q", (decode_crc(row.crc64nvme) for row in rows))
        return cls(asset, KeyTable(row.key for row in rows), array("Q", (row.size for row in rows)), crcs)

    @classmethod
    def read(cls, stream: BinaryIO) -> Manifest:
        """Read a published manifest, line by line.

        Raises:
            DamagedError: It is not a manifest of a known form.
        """
        sizes, crcs = array("Q"), array("Q")

        def keys() -> Iterator[str]:
            before = None
            line = stream.readline()
            while line.startswith(b"{"):
                row = json.loads(line.rstrip(b",\n"))
                if before is not None and row["key"] <= before:
                    raise ValueError
                sizes.append(row["size"])
                crcs.append(decode_crc(row["crc64nvme"]))
                yield (before := row["key"])
                line = stream.readline()
            if line != b"]}\n" and not (line == b"\n" and stream.readline() == b"]}\n"):
                raise ValueError

        try:
            if (match := _HEAD.fullmatch(stream.readline())) is None:
                raise ValueError
            if int(match.group(1)) != FORMAT_VERSION:
                raise DamagedError(f"the published manifest has format {int(match.group(1))}, unknown to this version")
            return cls(json.loads(match.group(2)), KeyTable(keys()), sizes, crcs)
        except (ValueError, LookupError, TypeError, OverflowError, AttributeError):
            raise DamagedError("the published manifest is damaged: it is not what this tool writes") from None

    def __len__(self) -> int:
        return len(self._sizes)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry, self._keys, self._sizes, map(encode_crc, self._crcs))

    def index(self, key: str) -> int:
        """The position of a key; -1 when it is not there."""
        return self._keys.index(key)

    def get(self, key: str) -> Entry | None:
        """The entry of a key, or None."""
        place = self._keys.index(key)
        return None if place < 0 else Entry(key, self._sizes[place], encode_crc(self._crcs[place]))

    def __getitem__(self, key: str) -> Entry:
        if (entry := self.get(key)) is None:
            raise KeyError(key)
        return entry

    def size_at(self, place: int) -> int:
        """The size of the entry at a position."""
        return self._sizes[place]

    def chunks(self) -> Iterator[bytes]:
        """The canonical form, piece by piece."""
        asset = encode_basestring(self.asset)
        yield f'{{"format_version": {FORMAT_VERSION}, "asset": {asset}, "files": [\n'.encode()
        lines = (
            f'{{"key": {encode_basestring(key)}, "size": {size}, "crc64nvme": "{crc}"}}' for key, size, crc in self
        )
        between = b""
        while some := list(islice(lines, _LINES)):
            yield between + ",\n".join(some).encode()
            between = b",\n"
        yield b"\n]}\n"

    def to_bytes(self) -> bytes:
        """The canonical form, in one piece."""
        return b"".join(self.chunks())

    @cached_property
    def content_id(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal: the identity of the content."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()
